/** The one sentence a human would say of a live rescue: why, and how the car is now; it runs on with server time. */
import { useEffect } from "preact/hooks";
import { now } from "../clock";
import { language, reasonTitle, say, t } from "../i18n";
import { placeOfCar } from "../lift/landings";
import { useLandings } from "../lift/Shaft";
import { isStale } from "../lift/State";
import { type Incident, isLive, type Lift, type Sample } from "../model";
import { lifts, loadLift } from "../store";
import { carNow } from "./car";

/** Between landings with a stop that says so itself: the reason would only say it again. */
const SAYS_ITSELF = "outside_zone";

export function Sentence({ incident, samples = [] }: { incident: Incident; samples?: readonly Sample[] }) {
  const id = isLive(incident) ? incident.lift_id : null;
  useEffect(() => {
    if (id !== null && !lifts.peek().has(id)) void loadLift(id).catch(() => undefined); // the server's sentence stands meanwhile
  }, [id]);
  const lift = id === null ? undefined : lifts.value.get(id);
  return lift?.state?.sample ? <Present incident={incident} lift={lift} samples={samples} /> : <>{say(incident.summary)}</>;
}

function Present({ incident, lift, samples }: { incident: Incident; lift: Lift; samples: readonly Sample[] }) {
  const { landings, metres } = useLandings(lift, samples);
  const { state } = lift;
  if (!state) return null;
  const car = carNow(state, placeOfCar(state.sample, landings, metres), now.value, isStale(lift, now.value));
  const zh = language.value === "zh";
  const where = car.motion && t(...car.motion);
  const stands = where && car.time !== null ? t("now.for", { where, time: car.time }) : where;
  const words = [stands, ...car.rest.map((one) => t(...one))].filter(Boolean).join(zh ? "，" : ", ");
  const present = words && car.age !== null ? t("now.stale", { time: car.age, words }) : words;
  const why = (car.between && incident.reason === SAYS_ITSELF) || !incident.reason ? "" : reasonTitle(incident.reason);
  const said = [why, present].filter(Boolean).join(zh ? "；" : "; ");
  return <>{said.slice(0, 1).toUpperCase() + said.slice(1)}</>;
}
