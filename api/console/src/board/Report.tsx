/** A report by a caller: find the lift while listening, open the rescue with one key. */
import { useState } from "preact/hooks";
import { Once, post, why } from "../api";
import { openIncident, overlay } from "../desk";
import { t } from "../i18n";
import type { IncidentDetail, Lift } from "../model";
import { putDetail } from "../store";
import { Dialog } from "../ui/Dialog";
import { LiftPicker } from "../ui/LiftPicker";
import { Field } from "./forms";

export function Report({ lift: given }: { lift: Lift | null }) {
  const [lift, setLift] = useState<Lift | null>(given);
  const [place, setPlace] = useState("");
  const [caller, setCaller] = useState("");
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [once] = useState(() => new Once());
  const close = (): void => void (overlay.value = null);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    setProblem(null);
    const body = {
      ...(lift ? { lift_id: lift.lift_id } : { place: place.trim() }),
      ...(caller.trim() ? { caller: caller.trim() } : {}),
      ...(note.trim() ? { note: note.trim() } : {}),
    };
    try {
      const answer = await post<IncidentDetail>("/incidents", body, once.keyFor(body));
      putDetail(answer);
      close();
      openIncident(answer.id, false);
    } catch (error) {
      once.failed(error);
      setProblem(why(error, t("form.network")));
      setSending(false);
    }
  }

  return (
    <Dialog title={t("form.report_title")} onClose={close} testid="report">
      <form class="form" onSubmit={(event) => void send(event)}>
        <LiftPicker picked={given} onPick={setLift} />
        {!lift && <Field label={t("form.place")}><input name="place" required value={place} onInput={(event) => setPlace(event.currentTarget.value)} /></Field>}
        <Field label={t("form.caller")} hint={t("optional")}><input name="caller" type="tel" autocomplete="off" value={caller} onInput={(event) => setCaller(event.currentTarget.value)} /></Field>
        <Field label={t("form.text")} hint={t("optional")}><textarea name="note" value={note} onInput={(event) => setNote(event.currentTarget.value)} /></Field>
        {problem && <p class="problem" role="alert">{t("form.failed", { why: problem })}</p>}
        <div class="form-foot"><button type="submit" class="button strong" data-testid="form-submit" disabled={sending}>{t("form.report_submit")}</button></div>
      </form>
    </Dialog>
  );
}
