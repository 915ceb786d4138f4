/** The thin line on top: pages, time, health, and the switches of this screen. */
import { useState } from "preact/hooks";
import { now, timeOfDay } from "../clock";
import { overlay } from "../desk";
import { language, t, useLanguage, word } from "../i18n";
import { ms } from "../model";
import { href, type Page, route } from "../router";
import { level, LEVELS, setLevel, test } from "../sound";
import { atDesk, blindFrom, me, overview, ringing, ringsHere, role, signOut } from "../store";
import { Unknown } from "./bits";
import { theme, toggleTheme } from "./theme";

/** Longer than this without a sign of the timers' service is an alarm. */
const TIMERS_DEAD = 20_000;

export function timersSilentFor(): number | null {
  const health = overview.value;
  if (!health) return null;
  const alive = ms(health.dispatch.alive_at);
  if (alive === null) return Infinity;
  const silent = now.value - alive;
  return silent > TIMERS_DEAD ? silent : null;
}

/** The health of a part of the platform; a blind screen does not know it. */
function Health({ name, good, yes, no, testid }: { name: string; good: boolean; yes: string; no: string; testid: string }) {
  const blind = blindFrom.value !== null;
  return (
    <span class={`fact labelled${blind || good ? " well" : " alarm"}`} data-testid={testid}>
      <span>{name}</span>{blind ? <Unknown /> : <span>{good ? yes : no}</span>}
    </span>
  );
}

export function Top() {
  const [soundOpen, setSoundOpen] = useState(false);
  const health = overview.value;
  const pages: Page[] = ringsHere.value ? ["board", "lifts", "supervisor", "shadow"] : atDesk.value ? ["board", "lifts", "property"] : role.value === "firm" ? ["mine", "round", "orders", "firm", "lifts"] : ["mine", "round", "orders"];
  const blind = blindFrom.value !== null;
  const user = me.value?.user;
  const timersBad = timersSilentFor() !== null;
  const rings = ringing.value;
  const priority = rings.some((one) => one.priority === "P1") ? "P1" : rings.length > 0 ? "P2" : undefined;
  return (
    <header class={`top${atDesk.value ? "" : " of-crew"}`}>
      <nav aria-label={t("nav.main")}>
        {pages.map((page) => <a key={page} href={href(page)} aria-current={route.value?.page === page || (page === "round" && route.value?.page === "visit") ? "page" : undefined}>{word("nav", page)}</a>)}
      </nav>
      <div class="facts">
        <span class="fact"><span>{t("top.time")}</span><time class="time num">{timeOfDay(now.value)}</time></span>
        {health && (
          <>
            <span class="fact labelled" data-testid="health-online"><span>{t("top.online")}</span>{blind ? <Unknown /> : <span class="num">{health.lifts_online}/{health.lifts}</span>}</span>
            <Health name={t("top.intake")} good={health.intake.listening} yes={t("top.intake_ok")} no={t("top.intake_bad")} testid="health-intake" />
            <Health name={t("top.dispatch")} good={!timersBad} yes={t("top.dispatch_ok")} no={t("top.dispatch_bad")} testid="health-dispatch" />
          </>
        )}
        {user && <span class="fact who"><span class="cut">{user.name}</span><span class="muted">{word("role", user.role)}</span></span>}
      </div>
      <div class="tools">
        <button type="button" class="button plain ring" data-testid="ring-indicator" data-ringing={rings.length > 0} data-priority={priority} aria-expanded={soundOpen}
          title={t("top.sound")} onClick={() => setSoundOpen(!soundOpen)}>
          <svg viewBox="0 0 18 18" aria-hidden="true"><path d="M9 1.5a5 5 0 0 0-5 5v3.6L2.5 13h13L14 10.1V6.5a5 5 0 0 0-5-5z" fill={rings.length > 0 ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" /><path d="M7 14.5a2 2 0 0 0 4 0" fill="none" stroke="currentColor" stroke-width="1.5" />{level.value === "off" && <path d="M2 2 16 16" stroke="currentColor" stroke-width="2" />}</svg>
          <span class="said">{t("top.sound")}: {t(rings.length > 0 ? "sound.ringing" : "sound.quiet_now")}</span>
          {rings.length > 0 && <span class="num">{rings.length}</span>}
        </button>
        <button type="button" class="button plain" data-testid="lang-toggle" title={t("top.language_title")} onClick={() => useLanguage(language.value === "zh" ? "en" : "zh")}>{t("top.language")}</button>
        <button type="button" class="button plain" data-testid="theme-toggle" title={t("top.theme_title")} onClick={toggleTheme}>{theme() === "dark" ? t("top.theme_light") : t("top.theme_dark")}</button>
        <button type="button" class="button plain wide" title={t("top.help_title")} aria-label={t("top.help_title")} onClick={() => (overlay.value = { name: "help" })}><kbd>?</kbd></button>
        <button type="button" class="button plain" data-testid="signout" onClick={() => void signOut()}>{t("signout")}</button>
      </div>
      {soundOpen && (
        <div class="popover" role="dialog" aria-label={t("sound.title")}>
          <h2>{t("sound.title")}</h2>
          <div class="chips" role="group" aria-label={t("sound.level")}>
            {LEVELS.map((one) => <button key={one} type="button" class="button" aria-pressed={level.value === one} onClick={() => setLevel(one)}>{t(`sound.${one}`)}</button>)}
          </div>
          <div class="chips">
            <button type="button" class="button" data-testid="sound-test" onClick={() => test("P1")}>{t("sound.test_P1")}</button>
            <button type="button" class="button" onClick={() => test("P2")}>{t("sound.test_P2")}</button>
            <button type="button" class="button" onClick={() => setSoundOpen(false)}>{t("close_box")}</button>
          </div>
        </div>
      )}
    </header>
  );
}
