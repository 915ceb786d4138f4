/** The form of a check-in: what is likely is filled in; it opens when something is not known yet, or is to be otherwise. */
import { useState } from "preact/hooks";
import { Chips, Field } from "../board/forms";
import { go } from "../router";
import { me } from "../store";
import { ALONE_S } from "./fold";
import { habit, isFit, itemsFor, setHabit, spotNow, workerName, workers, type Habit } from "./known";
import { type Kind, KINDS, type LiftHere } from "./model";
import { checkIn } from "./state";
import { w } from "./words";

const NOBODY: Habit = { worker: "", second: null, alone: true, interval_s: ALONE_S };
const EVERY = [15, 30, 60] as const;

/** Who this probably is: as last time, or the person of the same name. */
export function likely(): Habit | null {
  const own = workers.value?.value.find((one) => one.active && one.name === me.value?.user.name);
  return habit() ?? (own ? { worker: own.id, second: null, alone: true, interval_s: ALONE_S } : null);
}

/** Checks in as is; the tap's own time counts. */
export async function arrive(lift: LiftHere, kind: Kind, who: Habit): Promise<void> {
  const here = spotNow();
  const body: Record<string, unknown> = { kind, worker_id: who.worker };
  if (who.second) body["second_id"] = who.second;
  else if (who.alone) Object.assign(body, { alone: true, interval_s: who.interval_s });
  if (here) Object.assign(body, { lat: here.lat, lon: here.lon });
  setHabit(who);
  const id = await checkIn({ lift, kind, items: await itemsFor(lift.lift_class, kind) }, body);
  go("visit", id);
}

const today = (): string => new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

/** In words, how somebody will be checked in. */
export const asWho = (who: Habit): string =>
  [workerName(who.worker), who.second ? w("in.with", { name: workerName(who.second) }) : who.alone ? w("in.by_alone") : ""].filter(Boolean).join(" · ");

export function CheckIn({ lift, kind: first }: { lift: LiftHere; kind: Kind }) {
  const [kind, setKind] = useState<Kind>(first);
  const [chosen, setChosen] = useState<Habit | null>(null);
  // Until something is chosen here, what is likely; the people may come after the form.
  const who = chosen ?? likely() ?? NOBODY;
  const [tried, setTried] = useState(false);
  const people = (workers.value?.value ?? []).filter((one) => one.active);
  const put = (part: Partial<Habit>): void => setChosen({ ...who, ...part });
  const same = who.second !== null && who.second === who.worker;
  const send = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (who.worker && !same) void arrive(lift, kind, who);
  };
  const unfit = [who.worker, who.second].filter((id): id is string => Boolean(id) && !isFit(id!, today()));
  return (
    <form class="form" data-testid="check-in-form" onSubmit={send}>
      <Chips label={w("in.kind")} value={kind} onPick={setKind} options={KINDS.map((one) => [one, w(`kind.${one}`)] as const)} />
      {people.length === 0 && <p class="problem">{w("in.no_people")}</p>}
      <Field label={w("in.me")}>
        <select data-testid="worker" value={who.worker} onChange={(event) => put({ worker: event.currentTarget.value })}>
          <option value="">…</option>
          {people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      </Field>
      {tried && !who.worker && <p class="fault" role="alert" data-testid="fault" data-fault="in.choose_me">{w("in.choose_me")}</p>}
      <Field label={w("in.second")}>
        <select data-testid="second" value={who.second ?? ""} onChange={(event) => put({ second: event.currentTarget.value || null })}>
          <option value="">{w("in.nobody")}</option>
          {people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      </Field>
      {same && <p class="fault" role="alert">{w("in.same")}</p>}
      {unfit.map((id) => <p key={id} class="problem">{w("in.no_certificate", { name: workerName(id) })}</p>)}
      {!who.second && (
        <div class="chips">
          <button type="button" class="button" aria-pressed={who.alone} onClick={() => put({ alone: true })}>{w("in.alone")}</button>
          <button type="button" class="button" aria-pressed={!who.alone} onClick={() => put({ alone: false })}>{w("in.not_alone")}</button>
        </div>
      )}
      {!who.second && who.alone && (
        <Chips label={w("in.interval")} value={who.interval_s / 60} onPick={(n: number) => put({ interval_s: n * 60 })} options={EVERY.map((n) => [n, w("in.every", { n })] as const)} />
      )}
      <button type="submit" class="button strong thumb" data-testid="check-in">{w("in.go", { kind: w(`kind.${kind}`) })}</button>
    </form>
  );
}
