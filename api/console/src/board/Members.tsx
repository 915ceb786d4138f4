/** The cars of an area incident, or of the alarm that says we are blind: occupied first, longest first. */
import { openIncident } from "../desk";
import { t } from "../i18n";
import { liftName } from "../lift/name";
import type { GroupLift, Incident } from "../model";
import { href } from "../router";
import { Clock, Unknown } from "../ui/bits";

export function Members({ incident }: { incident: Incident }) {
  const cars = incident.lifts;
  if (!cars) return null;
  const inside = cars.filter((one) => one.occupied === true && one.state !== "back").length;
  const back = cars.filter((one) => one.state === "back").length;
  return (
    <section class="members" data-testid="members">
      <h2>{t("members.title", { n: cars.length })}</h2>
      <p class="muted">{t("members.counts", { inside, back })}</p>
      <ol>{cars.map((one) => <Car key={one.lift_id} one={one} />)}</ol>
    </section>
  );
}

function Car({ one }: { one: GroupLift }) {
  const rescue = one.rescue;
  return (
    <li class={`member${one.state === "back" ? " is-over" : ""}`} data-lift={one.lift_id} data-state={one.state} data-occupied={String(one.occupied)}>
      <span class="grow">
        <a href={href("lifts", one.lift_id)}>{liftName(one)}</a>
        <span class="member-what">
          {one.occupied === true ? <strong>{t("members.occupied")}</strong> : one.occupied === false ? <span class="muted">{t("occupied.no")}</span> : <Unknown />}
          <span class="muted"> · {t(`members.${one.state}`)}</span>
        </span>
      </span>
      <span class="member-clock num"><Clock since={one.since} until={one.back_at ?? null} /></span>
      {rescue !== null && (
        <button type="button" class="button" onClick={() => openIncident(rescue, false)}>
          {t("kind.rescue")}{one.rescue_state ? ` · ${t(`state.${one.rescue_state}`)}` : ""}
        </button>
      )}
    </li>
  );
}
