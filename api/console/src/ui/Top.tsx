/** The thin line on top: pages, time, health, and the switches of this screen. */
import { useState } from "preact/hooks";
import { now, timeOfDay } from "../clock";
import { overlay } from "../desk";
import { language, t, useLanguage, word } from "../i18n";
import { ms } from "../model";
import { href, type Page, route } from "../router";
import { level, LEVELS, setLevel, test } from "../sound";
import { atDesk, me, overview, ringing, role, signOut } from "../store";
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

export function Top() {
  const [soundOpen, setSoundOpen] = useState(false);
  const health = overview.value;
  const pages: Page[] = atDesk.value ? ["board", "lifts"] : role.value === "firm" ? ["mine", "lifts"] : ["mine"];
  const user = me.value?.user;
  const timersBad = timersSilentFor() !== null;
  const rings = ringing.value;
  const priority = rings.some((one) => one.priority === "P1") ? "P1" : rings.length > 0 ? "P2" : undefined;
  return (
    <header class="top">
      <nav aria-label={t("nav.main")}>
        {pages.map((page) => <a key={page} href={href(page)} aria-current={route.value?.page === page ? "page" : undefined}>{t(`nav.${page}`)}</a>)}
      </nav>
      <div class="facts">
        <span class="fact"><span>{t("top.time")}</span><time class="time num">{timeOfDay(now.value)}</time></span>
        {health && (
          <>
            <span class="fact labelled" data-testid="health-online"><span>{t("top.online")}</span><span class="num">{health.lifts_online}/{health.lifts}</span></span>
            <span class={`fact labelled${health.intake.listening ? "" : " alarm"}`} data-testid="health-intake"><span>{t("top.intake")}</span><span>{t(health.intake.listening ? "top.intake_ok" : "top.intake_bad")}</span></span>
            <span class={`fact labelled${timersBad ? " alarm" : ""}`} data-testid="health-dispatch"><span>{t("top.dispatch")}</span><span>{t(timersBad ? "top.dispatch_bad" : "top.dispatch_ok")}</span></span>
          </>
        )}
        {user && <span class="fact who"><span class="cut">{user.name}</span><span class="muted">{word("role", user.role)}</span></span>}
      </div>
      <div class="tools">
        <button type="button" class="button plain ring" data-testid="ring-indicator" data-ringing={rings.length > 0} data-priority={priority} aria-expanded={soundOpen}
          aria-label={`${t("top.sound")}: ${t(rings.length > 0 ? "sound.ringing" : "sound.quiet_now")}`} onClick={() => setSoundOpen(!soundOpen)}>
          <svg viewBox="0 0 18 18" aria-hidden="true"><path d="M9 1.5a5 5 0 0 0-5 5v3.6L2.5 13h13L14 10.100V6.500a5 5 0 0 0-5-5z" fill={rings.length > 0 ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" /><path d="M7 14.500a2 2 0 0 0 4 0" fill="none" stroke="currentColor" stroke-width="1.5" />{level.value === "off" && <path d="M2 2 16 16" stroke="currentColor" stroke-width="2" />}</svg>
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
