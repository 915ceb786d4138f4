/** Find a lift or a code from anywhere: its open incident, its page, or a report about it. */
import { useState } from "preact/hooks";
import { openIncident, overlay } from "../desk";
import { t } from "../i18n";
import type { Lift } from "../model";
import { go } from "../router";
import { atDesk, open } from "../store";
import { Dialog } from "./Dialog";
import { LiftLine, useLiftSearch } from "./LiftPicker";

export function Find() {
  const [text, setText] = useState("");
  const { found, loading } = useLiftSearch(text, 12);
  const close = (): void => void (overlay.value = null);
  const visit = (lift: Lift): void => {
    close();
    const incident = atDesk.value ? open.value.find((one) => one.lift_id === lift.lift_id) : undefined;
    if (incident) openIncident(incident.id, false);
    else go("lifts", lift.lift_id);
  };
  return (
    <Dialog title={t("find.title")} onClose={close} testid="find">
      <input type="search" data-testid="lift-search" autofocus autocomplete="off" aria-label={t("lifts.search")} placeholder={t("lifts.search")} value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === "Enter" && found[0]) visit(found[0]); }} />
      <ul class="found">
        {found.map((lift) => (
          <li key={lift.lift_id} class="found-pair">
            <button type="button" class="found-row grow" data-testid="lift-row" data-lift={lift.lift_id} onClick={() => visit(lift)}><LiftLine lift={lift} /></button>
            {atDesk.value && <button type="button" class="button" onClick={() => (overlay.value = { name: "report", lift })}>{t("find.report")}</button>}
          </li>
        ))}
        {!loading && text.trim() !== "" && found.length === 0 && <li class="muted">{t("lifts.none")}</li>}
      </ul>
    </Dialog>
  );
}
