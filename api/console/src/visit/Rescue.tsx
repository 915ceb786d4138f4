/** A rescue or danger at the lift that one works at stands on top of everything, with one button. */
import { useEffect } from "preact/hooks";
import { all } from "../api";
import { Sentence } from "../board/Sentence";
import { title } from "../board/words";
import { duration } from "../clock";
import { type Incident, isOpen, ms } from "../model";
import { answered, Job, tapIncident, useTaps } from "../mine/Mine";
import { announce, blindFrom, incidents, onSite, putIncident, tasks } from "../store";
import { Mark } from "../ui/bits";
import { phoneNow } from "./bits";
import { w } from "./words";

const OVER = new Set(["released", "closed", "cleared", "cancelled"]);
const counts = (one: Incident, lift: string): boolean =>
  one.lift_id === lift && isOpen(one) && !OVER.has(one.state) && (one.kind === "rescue" || one.kind === "danger");

export function Rescue({ lift }: { lift: string }) {
  useTaps();
  const blind = blindFrom.value !== null;
  useEffect(() => {
    if (blind) return;
    void all<Incident>(`/incidents?state=open&lift_id=${encodeURIComponent(lift)}`).then(({ items }) => items.forEach(putIncident)).catch(() => undefined);
  }, [lift, blind]);
  const found = [...incidents.value.values()].filter((one) => counts(one, lift));
  const ids = found.map((one) => one.id).join();
  const mine = (one: Incident) => tasks.value?.find((task) => task.incident_id === one.id && (task.state === "accepted" || task.state === "arrived"));
  const unanswered = found.filter((one) => !mine(one) && !answered(one.id));
  const asks = unanswered.map((one) => one.id).join();
  useEffect(() => {
    const others = onSite.peek().filter((one) => one.lift !== lift);
    onSite.value = [...others, ...unanswered.map((one) => ({ id: one.id, lift, priority: one.priority === "P1" ? "P1" as const : "P2" as const }))];
    return () => void (onSite.value = onSite.peek().filter((one) => one.lift !== lift));
  }, [asks, lift]);
  useEffect(() => {
    if (!ids) return;
    announce(w("rescue.here"), true);
    navigator.vibrate?.([500, 200, 500, 200, 500]);
  }, [ids]);
  return (
    <>
      {found.map((one) => {
        const task = mine(one);
        if (task) return <Job key={one.id} task={task} />;
        const waits = answered(one.id);
        return (
          <div key={one.id} class="rescue" role="alert" data-testid="rescue-here" data-incident={one.id} data-kind={one.kind}>
            <header class="side"><Mark priority={one.priority} size={34} /><h2 class="grow">{w(one.kind === "rescue" ? "rescue.here" : "rescue.danger")}</h2>
              <strong class="num" aria-live="off">{duration(phoneNow() - (ms(one.opened_at) ?? phoneNow()))}</strong></header>
            <p>{title(one)}</p>
            <p><Sentence incident={one} /></p>
            {one.kind === "rescue" && (
              <button type="button" class="button strong thumb" data-testid="rescue-accept" disabled={waits} onClick={() => tapIncident(one.id, "accept", { eta_s: 0 })}>
                {waits ? w("rescue.queued") : w("rescue.accept")}
              </button>
            )}
          </div>
        );
      })}
    </>
  );
}
