/** Today's round: what presses first, the nearest first, one tap to check in; a code scanned or typed for any other lift. */
import { useState } from "preact/hooks";
import { dayAndTime } from "../clock";
import { liftName } from "../lift/name";
import { go, href } from "../router";
import { me, tell } from "../store";
import { Empty } from "../ui/bits";
import { NoDisk, Sync } from "./bits";
import { arrive, asWho, CheckIn, likely } from "./CheckIn";
import { fold } from "./fold";
import { dues, spot, underWay, useKnown, useSpot } from "./known";
import type { Draft, LiftHere, ServerVisit } from "./model";
import { find, round, type Stop } from "./round";
import { Rescue } from "./Rescue";
import { Scan } from "./Scan";
import { drafts, takeUp } from "./state";
import { w } from "./words";

const FIRST = 12;
const metres = (value: number): string => (value < 950 ? `${Math.round(value / 10) * 10} m` : `${(value / 1000).toFixed(1)} km`);
const days = (stop: Stop): string =>
  stop.days_left < 0 ? w("round.days_over", { n: -stop.days_left }) : stop.days_left === 0 ? w("round.today") : w("round.days_left", { n: stop.days_left });
const nameOf = (lift: LiftHere): string => liftName({ ...lift, name: lift.name ?? lift.lift_id });

function Line({ stop, open, onOpen }: { stop: Stop; open: boolean; onOpen: () => void }) {
  const who = likely();
  const { lift } = stop;
  return (
    <li class="stop" data-testid="stop" data-lift={lift.lift_id} data-standing={stop.standing}>
      <div class="side">
        <div class="grow">
          <p class="stop-name">{nameOf(lift)}</p>
          <p class="muted">{lift.address}</p>
          <p><span class={stop.standing === "overdue" ? "warn" : ""}>{days(stop)}</span>{stop.metres !== null && <span class="num"> · {metres(stop.metres)}</span>}
            <span class="muted num"> · {w("round.code")} {lift.rescue_code}</span></p>
        </div>
      </div>
      {!open && (
        <div class="side">
          <button type="button" class="button strong grow tall" data-testid="check-in" onClick={() => (who ? void arrive(lift, stop.kind, who) : onOpen())}>
            <span>{w("in.go", { kind: w(`kind.${stop.kind}`) })}</span>{who && <small>{asWho(who)}</small>}
          </button>
          <button type="button" class="button tall" data-testid="options" onClick={onOpen}>{w("round.options")}</button>
        </div>
      )}
      {open && <CheckIn lift={lift} kind={stop.kind} />}
    </li>
  );
}

function Open({ draft }: { draft: Draft }) {
  const seen = fold(draft);
  return (
    <li class="stop is-open" data-testid="open-visit" data-visit={draft.id}>
      <a class="button strong tall" href={href("visit", draft.id)}>
        <span>{nameOf(draft.lift)}</span><small>{w(`kind.${draft.kind}`)} · {w(seen.state === "interrupted" ? "visit.pause" : "round.here")}</small>
      </a>
      <Sync draft={draft} />
    </li>
  );
}

function Elsewhere({ visit }: { visit: ServerVisit }) {
  const stop = find(round(dues.value?.value ?? [], null), visit.lift_id);
  const lift: LiftHere = stop?.lift ?? { lift_id: visit.lift_id, name: visit.name, rescue_code: null, building: visit.building, address: null, lift_class: "", lat: null, lon: null };
  return (
    <li class="stop">
      <p class="stop-name">{nameOf(lift)}</p>
      <p class="muted">{visit.workers.join(", ")} · {w("round.elsewhere")}</p>
      <button type="button" class="button tall" onClick={() => void takeUp(visit.id, lift).then(() => go("visit", visit.id)).catch(() => tell(w("net.none"), true))}>{w("round.take_up")}</button>
    </li>
  );
}

export function RoundPage({ id }: { id: string | null }) {
  useKnown();
  useSpot();
  const [open, setOpen] = useState<string | null>(null);
  const [more, setMore] = useState(FIRST);
  const heard = dues.value;
  const stops = round(heard?.value ?? [], spot.value);
  const asked = id ? find(stops, id) : null;
  const mine = [...drafts.value.values()];
  const under = mine.filter((one) => ["on_site", "interrupted"].includes(fold(one).state) && one.server?.state !== "void");
  const unsent = mine.filter((one) => !under.includes(one)).sort((a, b) => b.id.localeCompare(a.id)).slice(0, 5);
  const elsewhere = underWay.value.filter((one) => !drafts.value.has(one.id) && one.firm === me.value?.user.firm_id);
  const busy = new Set([...under.map((one) => one.lift.lift_id), ...elsewhere.map((one) => one.lift_id)]);
  const free = stops.filter((one) => !busy.has(one.lift.lift_id) && one !== asked);
  const shown = free.slice(0, more);
  return (
    <div class="mine visit-pages" data-testid="round">
      {under.map((one) => <Rescue key={one.id} lift={one.lift.lift_id} />)}
      <NoDisk />
      <Sync />
      <Scan onLift={(text) => { const stop = find(stops, text); if (stop) go("round", stop.lift.lift_id); return stop !== null; }} />
      {!("serviceWorker" in navigator) && <p class="problem">{w("net.no_worker")}</p>}
      {id && !asked && heard && <p class="problem" role="alert" data-testid="scan-problem">{w("scan.unknown", { code: id })}</p>}
      {asked && (
        <section data-testid="asked">
          <h1>{w("in.title")}</h1>
          <ul class="stops"><Line stop={asked} open onOpen={() => undefined} /></ul>
        </section>
      )}
      {(under.length > 0 || elsewhere.length > 0) && (
        <section>
          <h1>{w("round.open")}</h1>
          <ul class="stops">{under.map((one) => <Open key={one.id} draft={one} />)}{elsewhere.map((one) => <Elsewhere key={one.id} visit={one} />)}</ul>
        </section>
      )}
      <section>
        <h1>{w("round.title")}</h1>
        {heard && Date.now() - heard.at > 300_000 && <p class="muted" data-testid="round-old">{w("round.old", { time: dayAndTime(heard.at) })}</p>}
        {!heard && <Empty title={w("round.never")} />}
        {heard && stops.length === 0 && <Empty title={w("round.none")} more={w("round.none_more")} />}
        {heard && stops.length > 0 && spot.value === null && <p class="muted">{w("round.no_place")}</p>}
        {(["overdue", "soon", "later"] as const).map((standing) => {
          const own = shown.filter((one) => one.standing === standing);
          return own.length > 0 && (
            <div key={standing}>
              <h2>{w(`round.${standing}`)} <span class="num">{free.filter((one) => one.standing === standing).length}</span></h2>
              <ul class="stops">{own.map((stop) => <Line key={stop.lift.lift_id} stop={stop} open={open === stop.lift.lift_id} onOpen={() => setOpen(stop.lift.lift_id)} />)}</ul>
            </div>
          );
        })}
        {free.length > more && <button type="button" class="button tall" onClick={() => setMore(more + 30)}>{w("round.more", { n: free.length - more })}</button>}
      </section>
      {unsent.length > 0 && (
        <section>
          <h2>{w("round.done")}</h2>
          <ul class="stops">{unsent.map((one) => (
            <li key={one.id} class="stop"><a href={href("visit", one.id)}>{nameOf(one.lift)} · {w(`kind.${one.kind}`)}</a><Sync draft={one} /></li>
          ))}</ul>
        </section>
      )}
    </div>
  );
}
