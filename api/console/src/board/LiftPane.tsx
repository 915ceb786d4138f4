/** The right column: the lift as it is now, the units asked with their clocks, the telephones. */
import { useEffect, useState } from "preact/hooks";
import { now } from "../clock";
import { t } from "../i18n";
import { Heard, State } from "../lift/State";
import { Shaft } from "../lift/Shaft";
import { type Assignment, type IncidentDetail, isGroup } from "../model";
import { href } from "../router";
import { lifts, loadLift } from "../store";
import { Clock, Countdown } from "../ui/bits";
import { firms, units, useCrews } from "./forms";
import { due, nameOf } from "./next";

export function LiftPane({ incident }: { incident: IncidentDetail }) {
  const id = incident.lift_id;
  const [failed, setFailed] = useState(false);
  useCrews();
  useEffect(() => {
    setFailed(false);
    if (id !== null) void loadLift(id).catch(() => setFailed(true));
  }, [id]);
  const lift = id === null ? undefined : lifts.value.get(id);
  const firm = firms.value.find((one) => one.id === incident.lift?.firm);
  const asked = incident.assignments.filter((one) => one.firm_id !== firm?.id).map((one) => firms.value.find((each) => each.id === one.firm_id));
  const phones: [string, string | null][] = [];
  for (const caller of incident.callers) phones.push([t("detail.caller"), caller]);
  if (incident.lift?.firm_name) phones.push([incident.lift.firm_name, firm?.phone ?? null]);
  for (const one of incident.assignments) {
    const unit = units.value.find((each) => each.id === one.unit_id);
    if (unit) phones.push([unit.name, unit.phone]);
  }
  for (const other of asked) if (other) phones.push([other.name, other.phone]);
  const calls = [...new Map(phones.map((one) => [one.join(), one])).values()];
  return (
    <aside class="pane" aria-label={t("lift.pane")}>
      {id === null && !isGroup(incident) && incident.kind !== "system" && <p class="muted">{t("row.no_lift")}</p>}
      {id !== null && !lift && <p class="muted">{failed ? t("lift.missing") : t("loading")}</p>}
      {lift && (
        <section>
          <div class="pane-head">
            <h2>{t("lift.pane")}</h2>
            <a class="button" href={href("lifts", lift.lift_id)}>{t("lift.open")}</a>
          </div>
          <p class="heard"><Heard lift={lift} /></p>
          <Shaft lift={lift} samples={incident.evidence?.samples ?? []} />
          <State lift={lift} />
        </section>
      )}
      <section>
        <h2>{t("lift.asked")}</h2>
        {incident.assignments.length === 0 && <p class="muted">{t("lift.nobody_asked")}</p>}
        <ul class="asked">{incident.assignments.map((one) => <Asked key={one.id} one={one} released={incident.released_at} />)}</ul>
      </section>
      <section>
        <h2>{t("lift.phones")}</h2>
        <ul class="phones">
          {calls.map(([name, phone]) => (
            <li key={name + String(phone)}>
              <span class="cut">{name}</span>
              {phone ? <a class="num" href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{phone}</a> : <span class="unknown">{t("lift.no_phone")}</span>}
            </li>
          ))}
          {calls.length === 0 && <li class="unknown">{t("lift.no_phone")}</li>}
        </ul>
      </section>
    </aside>
  );
}

/** `released`: when the rescue was over; a crew's clock stands still from then on, though it is still there. */
function Asked({ one, released }: { one: Assignment; released: string | null }) {
  const over = one.ended_at !== null;
  const at = due(one);
  const since = one.state === "arrived" ? one.arrived_at : one.state === "accepted" ? one.accepted_at : one.asked_at;
  return (
    <li class={over ? "is-over" : ""} data-state={one.state}>
      <div class="asked-line"><strong class="cut">{nameOf(one)}</strong><span class="tag">{t("lift.tier", { n: one.tier })}</span></div>
      <div class="asked-line">
        <span>{t(`assignment.${one.state}`)}</span>
        <span class="num"><Clock since={since} until={one.ended_at ?? released} /></span>
      </div>
      {one.state === "accepted" && at !== null && (
        <div class={`asked-line${at < now.value ? " warn" : " muted"}`}>
          <span>{at > now.value ? t("row.eta") : t("row.late")}</span>
          <span class="num">{at > now.value ? <Countdown at={at} passed="" /> : <Clock since={new Date(at).toISOString()} />}</span>
        </div>
      )}
    </li>
  );
}
