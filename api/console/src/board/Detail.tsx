/** The open incident: one sentence, how long and what happens next, the actions; below them who, the evidence, the record. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, get } from "../api";
import { dayAndTime, now, timeOfDay } from "../clock";
import { openIncident } from "../desk";
import { codeTitle, reasonTitle, say, t, word } from "../i18n";
import { type Incident, type IncidentDetail, isGroup, isLive, isOpen, ms } from "../model";
import { groupOf } from "../queue";
import { go } from "../router";
import { detail, incidents, lastMessage, putDetail, ringsHere } from "../store";
import { Clock, Countdown, Empty, Mark } from "../ui/bits";
import { Parts } from "../ui/Parts";
import { Actions } from "./Actions";
import { ClockBar } from "./ClockBar";
import { Members } from "./Members";
import { clockOf, nextOf } from "./next";
import { placeWords } from "./words";
import { Sentence } from "./Sentence";
import { StripChart } from "./StripChart";
import { Timeline } from "./Timeline";

/** Loads the open incident, and again whenever the stream says that it changed or that something was told. */
export function useDetail(id: string | null): { data: IncidentDetail | null; missing: boolean } {
  const [missing, setMissing] = useState(false);
  const version = id === null ? 0 : (incidents.value.get(id)?.version ?? 0);
  const told = lastMessage.value?.incident === id ? lastMessage.value?.id : undefined;
  useEffect(() => setMissing(false), [id]);
  useEffect(() => {
    if (id === null) return undefined;
    let dropped = false;
    let again = 0;
    const load = (): void => {
      void get<IncidentDetail>(`/incidents/${encodeURIComponent(id)}`)
        .then((answer) => {
          if (dropped) return;
          putDetail(answer);
          setMissing(false);
        })
        .catch((error: unknown) => {
          if (dropped) return;
          if (error instanceof ApiError && error.status === 404) setMissing(true);
          else again = window.setTimeout(load, RETRY);
        });
    };
    load();
    return () => {
      dropped = true;
      clearTimeout(again);
    };
  }, [id, version, told]);
  const data = detail.value;
  return { data: data !== null && data.id === id ? data : null, missing };
}

const RETRY = 2000;

export function Detail({ data, missing, id }: { data: IncidentDetail | null; missing: boolean; id: string | null }) {
  if (id === null) {
    const quiet = [...incidents.value.values()].every((one) => !isOpen(one));
    return <section class="detail"><Empty title={t(quiet ? "detail.none_quiet" : "detail.none")} more={quiet ? t("queue.empty_more") : t("detail.none_more")} /></section>;
  }
  if (missing) return <section class="detail"><Empty title={t("detail.gone")} /></section>;
  if (!data) return <section class="detail"><Empty title={t("loading")} /></section>;
  const live = isLive(data);
  return (
    <section class="detail" data-testid="incident-detail" data-incident={data.id} data-state={data.state} data-priority={data.priority} aria-label={placeWords(data)}>
      <button type="button" class="button plain phone-only" onClick={() => go("board")}>‹ {t("back")}</button>
      <header class="detail-head">
        <Mark priority={data.priority} outline={groupOf(data) !== "act" || !isOpen(data)} size={34} />
        <div class="grow">
          <h1>{placeWords(data)}</h1>
          <p class="muted cut">{[data.lift?.address, data.lift?.building].filter(Boolean).join(" · ")}</p>
        </div>
        <div class="detail-state">
          <strong>{t(`state.${data.state}`)}</strong>
          <span class="muted">{data.priority} {t(`priority.${data.priority}`)} · {t(`kind.${data.kind}`)}</span>
        </div>
      </header>
      <p class="sentence" data-testid="summary"><Sentence incident={data} samples={data.evidence?.samples} /></p>
      <Tags incident={data} />
      <div class="figures">
        <div class="figure big">
          <span>{t(!isOpen(data) ? "detail.was" : data.state === "released" ? "detail.released_after" : live && data.state !== "suspected" ? "detail.inside" : "detail.open_for")}</span>
          <strong><Clock {...clockOf(data)} /></strong>
        </div>
        <div class="figure next">
          <span>{t("detail.next")}</span>
          <strong><NextSentence incident={data} /></strong>
        </div>
      </div>
      {data.kind === "rescue" && data.state !== "suspected" && <ClockBar incident={data} />}
      {data.advice && <p class="advice" data-testid="advice"><strong>{t("detail.advice")}</strong> {say(data.advice)}</p>}
      <Actions incident={data} />
      <People incident={data} />
      {hasCar(data) && <StripChart incident={data} />}
      <Members incident={data} />
      <Timeline incident={data} />
      <Raw incident={data} />
    </section>
  );
}

/** What a lift reported is the evidence of its own incidents only. */
const hasCar = (incident: Incident): boolean => incident.kind !== "system" && incident.kind !== "area";

function Tags({ incident }: { incident: Incident }) {
  const previous = incident.previous;
  const area = incident.area;
  if (!incident.drill && !incident.unregistered && !incident.unreadable && !previous && !area) return null;
  return (
    <p class="tags">
      {incident.drill && <span class="tag">{t("row.drill")}</span>}
      {incident.unregistered && <span class="tag">{t("row.unregistered")}</span>}
      {incident.unreadable && <span class="tag">{t("row.unreadable")}</span>}
      {previous && <button type="button" class="button" onClick={() => openIncident(previous, false)}>{t("row.previous")}</button>}
      {area && (ringsHere.value
        ? <button type="button" class="button" onClick={() => openIncident(area, false)}>{areaWords(area)}</button>
        : <span class="tag">{t("row.area")}</span>)}
    </p>
  );
}

/** The area incident, or the alarm that says we are blind, by its name where this screen knows it. */
function areaWords(id: string): string {
  const area = incidents.value.get(id);
  return area ? t("row.area_named", { name: placeWords(area) }) : t("row.area");
}

function People({ incident }: { incident: IncidentDetail }) {
  const acked = ms(incident.acknowledged_at);
  const by = [...incident.timeline].sort((a, b) => a.n - b.n).find((entry) => entry.action === "acknowledge")?.actor.name;
  return (
    <dl class="people">
      {incident.lift_id !== null && <div><dt>{t("lift.code")}</dt><dd class="num">{incident.rescue_code ?? <span class="unknown">{t("unknown")}</span>}</dd></div>}
      {incident.kind === "rescue" && <div><dt>{t("detail.persons")}</dt><dd>{incident.persons ?? <span class="unknown">{t("unknown")}</span>}</dd></div>}
      {incident.callers.length > 0 && <div data-testid="callers"><dt>{t(incident.callers.length > 1 ? "detail.callers" : "detail.caller")}</dt>{incident.callers.map((one) => <dd key={one} class="num">{one}</dd>)}</div>}
      <div><dt>{t("detail.acked")}</dt><dd>{acked === null ? t("detail.acked_not") : `${timeOfDay(acked)}${by ? ` · ${by}` : ""}`}</dd></div>
      {(incident.causes.length > 0 || incident.code || incident.reason) && <div><dt>{t("detail.reason")}</dt><dd>{incident.causes.length > 0 ? incident.causes.map(reasonTitle).join(", ") : incident.code && !isGroup(incident) ? codeTitle(incident.code) : incident.reason ? reasonTitle(incident.reason) : null}</dd></div>}
      {incident.cause && <div><dt>{t("detail.cause")}</dt><dd>{word("cause", incident.cause)}</dd></div>}
    </dl>
  );
}

function NextSentence({ incident }: { incident: Incident }) {
  const next = nextOf(incident);
  switch (next.kind) {
    case "confirms": {
      if (next.at <= now.value) return <>{t("detail.next_confirming")}</>;
      const [before, after] = t("detail.next_confirm", { time: "\u0000" }).split("\u0000");
      return <>{before}<Countdown at={next.at} passed="" />{after}</>;
    }
    case "clears": {
      if (next.at <= now.value) return <>{t("detail.next_clearing")}</>;
      const [before, after] = t("detail.next_clear", { time: "\u0000" }).split("\u0000");
      return <>{before}<Countdown at={next.at} passed="" />{after}</>;
    }
    case "decides": return <>{t("detail.next_decides")}</>;
    case "person": return <>{t("detail.next_person")}</>;
    case "accept": return <>{t("detail.next_accept")}{next.asked.length > 0 ? ` · ${t("row.asked", { name: next.asked.join(", ") })}` : ""}</>;
    case "arrive": return (
      <>
        {t("row.accepted", { name: next.name })}
        {next.at !== null && (next.at > now.value
          ? <> · {t("row.eta")} <Countdown at={next.at} passed="" /></>
          : <> · <span class="warn num">{t("row.late")} <Clock since={new Date(next.at).toISOString()} /></span></>)}
      </>
    );
    case "release": return <>{t("detail.next_release")} · {t("row.arrived", { name: next.name })}</>;
    case "close": return <>{t("detail.next_close")}</>;
    case "area":
    case "system": return <>{t(`detail.next_${next.kind}`)}</>;
    case "repair": return <>{t("detail.next_repair")}</>;
    case "done": return <>{t("detail.next_done")}</>;
  }
}

function Raw({ incident }: { incident: IncidentDetail }) {
  const evidence = incident.evidence;
  if (!evidence) return null;
  const cell = (value: unknown): string => (value === null || value === undefined ? "–" : typeof value === "boolean" ? t(value ? "yes" : "no") : Array.isArray(value) ? value.join(" ") : String(value));
  const columns = ["floor", "door", "door_zone", "moving", "occupied", "power", "mode", "speed", "position", "faults"] as const;
  const at = (value: string | number): string => { const time = ms(value); return time === null ? "–" : timeOfDay(time); };
  return (
    <details class="raw">
      <summary>{t("detail.evidence")}</summary>
      <dl class="people">
        <div><dt>{t("detail.rule")}</dt><dd>{evidence.rule ? <>{reasonTitle(evidence.rule)} <code>{evidence.rule}</code></> : "–"}</dd></div>
        <div><dt>{t("detail.occupied_by")}</dt><dd>{word("by", evidence.occupied_by)}</dd></div>
        <div><dt>{t("detail.since")}</dt><dd class="num">{evidence.since ? dayAndTime(ms(evidence.since) ?? 0) + timeOfDay(ms(evidence.since) ?? 0).slice(5) : "–"}</dd></div>
        {Object.entries(evidence.thresholds ?? {}).map(([name, value]) => <div key={name}><dt><code>{name}</code></dt><dd class="num">{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd></div>)}
      </dl>
      {evidence.parts && evidence.parts.length > 0 && <><h3>{t("strip.parts")}</h3><Parts parts={evidence.parts} /></>}
      {evidence.events.length > 0 && (
        <div class="table-box" tabIndex={0}>
          <table>
            <caption>{t("detail.events")}</caption>
            <tbody>{evidence.events.map((event, i) => <tr key={i}><td class="num">{at(event.ts)}</td><td><code>{event.code}</code></td><td>{codeTitle(event.code)}</td><td>{t(event.active ? "yes" : "no")}</td><td>{event.raw ?? ""}</td></tr>)}</tbody>
          </table>
        </div>
      )}
      <div class="table-box" tabIndex={0}>
        <table>
          <caption>{t("detail.samples")}</caption>
          <thead><tr><th>ts</th>{columns.map((name) => <th key={name}>{name}</th>)}</tr></thead>
          <tbody>{[...evidence.samples].reverse().map((sample, i) => <tr key={i}><td class="num">{at(sample.ts)}</td>{columns.map((name) => <td key={name} class="num">{cell(sample[name])}</td>)}</tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}
