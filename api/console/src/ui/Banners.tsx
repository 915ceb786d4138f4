/** What the whole page has to say: it is blind, the platform is unwell, sound is blocked. */
import { duration, now } from "../clock";
import { openIncident } from "../desk";
import { say, t } from "../i18n";
import { isBlindness, ms } from "../model";
import { isCrewPage, route } from "../router";
import { blocked, level, unblock } from "../sound";
import { blindFrom, me, open, overview, role, uptimeNow } from "../store";
import { timersSilentFor } from "./Top";

export function Banners() {
  if (!me.value) return null;
  const blind = blindFrom.value;
  const intake = overview.value?.intake;
  const intakeSince = ms(intake?.since) ?? ms(intake?.alive_at);
  const timers = timersSilentFor();
  // The technician's pages work without network, and have a line of their own that says so.
  const saysItself = isCrewPage(route.value?.page);
  const silent = open.value.find(isBlindness);
  const silentSince = ms(silent?.opened_at ?? overview.value?.blind_since);
  return (
    <div class="banners">
      {blind !== null && !saysItself && (
        <div class="banner blind" role="alert" data-testid="blind-banner">
          <strong>{t("blind.title")}</strong>
          <p aria-live="off">{t("blind.more", { time: duration(uptimeNow.value - blind) })}</p>
        </div>
      )}
      {blind === null && intake && !intake.listening && (
        <div class="banner health" role="alert" data-testid="intake-banner">
          <strong>{t("intake.title")}</strong>
          <p>{intakeSince === null ? t("intake.more_unknown") : t("intake.more", { time: duration(now.value - intakeSince) })}</p>
        </div>
      )}
      {blind === null && timers !== null && (
        <div class="banner health" role="alert" data-testid="dispatch-banner">
          <strong>{t("dispatcher.title")}</strong>
          <p>{Number.isFinite(timers) ? t("dispatcher.more", { time: duration(timers) }) : t("dispatcher.more_unknown")}</p>
        </div>
      )}
      {silentSince !== null && (
        <div class="banner health" role="alert" data-testid="lifts-silent-banner">
          <strong>{t("silent.title")}</strong>
          <p class="grow">{silent ? say(silent.summary) : t("silent.more")} <span class="num" aria-live="off">· {duration(now.value - silentSince)}</span></p>
          {silent && <button type="button" class="button" onClick={() => openIncident(silent.id, false)}>{t("silent.open")}</button>}
        </div>
      )}
      {blocked.value && level.value !== "off" && role.value !== "property" && (
        <div class="banner sound" role="alert" data-testid="sound-banner">
          <strong>{t("sound.blocked")}</strong>
          <p class="grow">{t("sound.blocked_more")}</p>
          <button type="button" class="button" onClick={() => void unblock()}>{t("sound.unblock")}</button>
        </div>
      )}
      {level.value === "off" && role.value !== "property" && <div class="banner quiet" data-testid="sound-off"><span>{t("sound.is_off")}</span></div>}
    </div>
  );
}
