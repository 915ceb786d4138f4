/** The help page: every key of the keyboard table, every sign with its sound. */
import { overlay } from "../desk";
import { t } from "../i18n";
import { BINDINGS } from "../keyboard";
import { PRIORITIES } from "../model";
import { test } from "../sound";
import { Mark } from "./bits";
import { Dialog } from "./Dialog";

const SHOWN: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc" };

export function Help() {
  return (
    <Dialog title={t("help.title")} onClose={() => (overlay.value = null)} testid="help">
      <h3>{t("help.keys")}</h3>
      <ul class="keys">
        {BINDINGS.map(({ keys, command }) => (
          <li key={command}><span>{keys.map((key) => <><kbd>{SHOWN[key] ?? key}</kbd> </>)}</span><span>{t(`key.${command}`)}</span></li>
        ))}
      </ul>
      <h3>{t("help.signs")}</h3>
      <p>{t("help.signs_more")}</p>
      <p class="muted">{t("help.filled")} · {t("help.outline")}</p>
      <ul class="signs">
        {PRIORITIES.map((priority) => (
          <li key={priority}>
            <Mark priority={priority} /><Mark priority={priority} outline />
            <strong>{priority} {t(`priority.${priority}`)}</strong>
            {priority === "P1" || priority === "P2"
              ? <span>{t(`help.sound_${priority}`)} <button type="button" class="button" onClick={() => test(priority)}>{t(`sound.test_${priority}`)}</button></span>
              : <span>{t("help.sound_none")}</span>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
