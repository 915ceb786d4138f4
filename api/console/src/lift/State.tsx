/** A lift's state in words, every figure with its age, unknown said as a word. */
import { duration, now } from "../clock";
import { codeTitle, say, t } from "../i18n";
import { type Lift, ms } from "../model";
import { Fact, Figure, Unknown, Value } from "../ui/bits";
import { useLandings } from "./Shaft";
import { placeOfCar } from "./landings";

/** Older than this many intervals and 5 s, a state is stale (the rule `silence` uses the same). */
const STALE = 3;

export function isStale(lift: Lift, at: number): boolean {
  const heard = ms(lift.state?.heard_at);
  return lift.state?.online === false || (heard !== null && at - heard > (STALE * (lift.state?.interval ?? 30) + 5) * 1000);
}

/** How old what we know of a lift is, in words; loud when it is stale. */
export function Heard({ lift }: { lift: Lift }) {
  const heard = ms(lift.state?.heard_at);
  if (heard === null) return <span class="unknown">{t("lift.never")}</span>;
  const time = duration(now.value - heard);
  return isStale(lift, now.value) ? <strong class="warn num">{t("lift.stale", { time })}</strong> : <span class="muted num">{t("lift.heard", { time })}</span>;
}

export function Where({ lift }: { lift: Lift }) {
  const { landings, metres } = useLandings(lift, []);
  const place = placeOfCar(lift.state?.sample ?? null, landings, metres);
  if (!place) return <Unknown />;
  return <>{place.kind === "at" ? place.floor : t("lift.between", { a: place.a, b: place.b })}</>;
}

export function State({ lift, full = false }: { lift: Lift; full?: boolean }) {
  const state = lift.state;
  const sample = state?.sample;
  const yesNo = (value: boolean | null | undefined, yes: string, no: string) => (value === true ? yes : value === false ? no : <Unknown />);
  return (
    <>
      <dl class="facts">
        <Fact name={t("lift.floor")}><Where lift={lift} /></Fact>
        <Fact name={t("lift.door")}><Value prefix="door" of={sample?.door} /></Fact>
        <Fact name={t("lift.zone")}>{yesNo(sample?.door_zone, t("zone.in"), t("zone.out"))}</Fact>
        <Fact name={t("lift.motion")}>{yesNo(sample?.moving, t("motion.moving"), t("motion.stopped"))}</Fact>
        <Fact name={t("lift.occupied")}>
          {yesNo(state?.occupied, t("occupied.yes"), t("occupied.no"))}
          {state?.occupied && state.occupied_by && state.occupied_by !== "sensor" ? <span class="muted"> ({<Value prefix="by" of={state.occupied_by} />})</span> : null}
        </Fact>
        <Fact name={t("lift.power")}><Value prefix="power" of={sample ? (sample.power ?? "mains") : null} /></Fact>
        <Fact name={t("lift.mode")}><Value prefix="mode" of={sample?.mode} /></Fact>
        <Fact name={t("lift.codes")}>{!state ? <Unknown /> : state.codes.length === 0 ? t("none") : state.codes.map(codeTitle).join(", ")}</Fact>
        {full && (
          <>
            <Fact name={t("lift.direction")}><Value prefix="direction" of={sample?.direction} /></Fact>
            <Fact name={t("lift.speed_now")}><Figure value={sample?.speed} unit={t("unit.mps")} digits={2} /></Fact>
            <Fact name={t("lift.position")}><Figure value={sample?.position} unit={t("unit.m")} digits={2} /></Fact>
            <Fact name={t("lift.chain")}><Value prefix="chain" of={sample?.safety_chain} /></Fact>
            <Fact name={t("lift.people")}>{sample?.people ?? <Unknown />}</Fact>
            <Fact name={t("lift.load")}><Figure value={sample?.load} unit={t("unit.kg")} digits={0} /></Fact>
            <Fact name={t("lift.calls")}>{sample?.car_calls ?? <Unknown />}</Fact>
            <Fact name={t("lift.temperature")}><Figure value={sample?.temperature} unit={t("unit.c")} /></Fact>
      
    </>
      )}
    </dl>
    {state && state.notes.length > 0 && <ul class="notes">{state.notes.map((note) => <li key={note.code} class="tag">{say(note)}</li>)}</ul>}
    </>
  );
}
