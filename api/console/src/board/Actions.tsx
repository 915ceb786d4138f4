/** The allowed actions as buttons in the order of a rescue; the likeliest one is strong and takes the Enter key. */
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { begin, busy, focusPrimary, form } from "../desk";
import { t } from "../i18n";
import type { ActionName, IncidentDetail } from "../model";
import { detail } from "../store";
import { ActionForm } from "./forms";
import { likeliest } from "./next";

const RESCUE_ORDER: readonly ActionName[] = [
  "acknowledge", "confirm", "dispatch", "accept", "on_way", "arrive", "release", "close", "escalate", "stand_down",
  "decline", "reopen", "note", "cancel",
];
const KEYS: Partial<Record<ActionName, string>> = { acknowledge: "a", dispatch: "d", note: "n" };

export function Actions({ incident }: { incident: IncidentDetail }) {
  const primary = useRef<HTMLButtonElement>(null);
  useSignalEffect(() => {
    if (focusPrimary.value !== incident.id || detail.value?.id !== incident.id) return;
    focusPrimary.value = null;
    queueMicrotask(() => primary.current?.focus());
  });
  const allowed = new Map(incident.allowed.map((one) => [one.action, one]));
  const buttons = RESCUE_ORDER.filter((name) => allowed.has(name));
  const first = likeliest(incident, incident.allowed);
  const shown = form.value?.id === incident.id ? form.value.action : null;
  const needsLift = incident.lift === null && incident.kind === "rescue" && allowed.has("cancel");
  return (
    <section class="actions" aria-label={t("detail.actions")}>
      {buttons.length === 0 && <p class="muted">{t("detail.no_actions")}</p>}
      <div class="action-row">
        {needsLift && (
          <button type="button" class="button action" data-testid="action-set_lift" onClick={() => (form.value = { id: incident.id, action: "set_lift" })}>
            {t("detail.set_lift")}
          </button>
        )}
        {buttons.map((name) => (
          <button key={name} type="button" ref={name === first ? primary : undefined} data-testid={`action-${name}`}
            class={`button action${name === first ? " strong" : ""}${name === "cancel" ? " last" : ""}`}
            aria-expanded={shown === name ? "true" : undefined} disabled={busy.value === `${incident.id}/${name}`}
            onClick={() => (shown === name ? (form.value = null) : begin(incident.id, name))}>
            {t(`action.${name}`)}
            {KEYS[name] ? <kbd>{KEYS[name]}</kbd> : name === first ? <kbd>↵</kbd> : null}
          </button>
        ))}
      </div>
      {shown && <ActionForm key={`${incident.id}/${shown}`} incident={incident} action={shown} choices={shown === "set_lift" ? [] : (allowed.get(shown)?.assignments ?? [])} />}
    </section>
  );
}
