/** The strip chart: three minutes of evidence as lanes that need no legend. */
import { dayAndTime, isToday, timeOfDay } from "../clock";
import { codeTitle, type Key, t } from "../i18n";
import { type IncidentDetail, ms } from "../model";
import { Unknown } from "../ui/bits";
import { chart, type Lane, SPAN, type Span } from "./lanes";

const wordOf = (span: Span): string => (span.value.includes(".") || span.value === "unknown" ? t(span.value as Key) : codeTitle(span.value));

export function StripChart({ incident }: { incident: IncidentDetail }) {
  const decided = ms(incident.confirmed_at) ?? ms(incident.opened_at);
  const drawn = incident.evidence ? chart(incident.evidence, decided) : null;
  if (!drawn) {
    return <section class="strip"><h2>{t("strip.title")}</h2><p class="muted">{t("detail.no_evidence")}</p></section>;
  }
  const at = (time: number): string => `${((100 * (time - drawn.start)) / SPAN).toFixed(2)}%`;
  const marks = [ms(incident.opened_at), ms(incident.confirmed_at)].filter((time): time is number => time !== null && time >= drawn.start && time <= drawn.end);
  return (
    <section class="strip" data-priority={incident.priority}>
      <div class="strip-head">
        <h2>{t("strip.title")}</h2>
        <span class="muted num">{isToday(drawn.end) ? "" : `${dayAndTime(drawn.end).slice(0, 5)} `}{timeOfDay(drawn.end)}</span>
      </div>
      <div class="strip-body" role="img" aria-label={`${t("strip.label")}. ${spokenOf(drawn.lanes)}`}>
        {drawn.lanes.map((lane, i) => {
          const last = lane.spans[lane.spans.length - 1];
          const running = last !== undefined && last.to >= drawn.end;
          return (
            <div class="lane" key={`${lane.id}${i}`}>
              <span class="lane-name cut" title={lane.code}>{lane.code ? codeTitle(lane.code) : t(`strip.${lane.id}` as Key)}</span>
              <span class="lane-track">
                {lane.spans.map((span) => (
                  <i key={span.from} class={`span ${span.tone}`} title={wordOf(span)}
                    style={{ left: at(span.from), width: `max(2px, ${((100 * (span.to - span.from)) / SPAN).toFixed(2)}%)` }} />
                ))}
                {marks.map((time) => <i key={time} class="decided" style={{ left: at(time) }} />)}
              </span>
              <span class={`lane-now cut${last && running && last.tone === "notable" ? " notable" : ""}`}>
                {last && running ? (lane.code ? t("yes") : wordOf(last)) : lane.code ? t("none") : <Unknown />}
              </span>
            </div>
          );
        })}
        <div class="lane axis" aria-hidden="true">
          <span />
          <span class="lane-track">
            {[-180, -120, -60].map((second) => (
              <em key={second} class="num" style={{ left: `${((second + 180) / 180) * 100}%` }}>−{-second / 60}:00</em>
            ))}
            {marks.length > 0 && <em class="num at-mark" style={{ left: at(marks[marks.length - 1] ?? 0) }}>▲</em>}
          </span>
          <span />
        </div>
      </div>
    </section>
  );
}

const spokenOf = (lanes: readonly Lane[]): string =>
  lanes.map((lane) => {
    const last = lane.spans[lane.spans.length - 1];
    return `${lane.code ? codeTitle(lane.code) : t(`strip.${lane.id}` as Key)}: ${last ? wordOf(last) : t("unknown")}`;
  }).join("; ");
