/** The strip chart: three minutes of evidence as lanes that need no legend, and where in them the rule decided. */
import { dayAndTime, isToday, timeOfDay } from "../clock";
import { codeTitle, type Key, language, reasonTitle, say, t } from "../i18n";
import { type IncidentDetail, ms } from "../model";
import { Unknown } from "../ui/bits";
import { type Chart, chart, type Height, type Lane, SPAN, type Span } from "./lanes";

const LANE = 22; // px
const TALL = 46; // px: the lane of the height
const HEAD = 20; // px: the names of the marks
const FOOT = 20; // px: the axis
/** px from the bottom of a lane: what is normal lies low, what speaks stands high. */
const TONES = { quiet: 3, half: 9, plain: 16, notable: 16, unknown: 16 } as const;
const NEAR = 14; // % of the width within which two words would run into each other

const wordOf = (span: Span): string => (span.value.includes(".") || span.value === "unknown" ? t(span.value as Key) : codeTitle(span.value));
const nameOf = (lane: Lane): string => (lane.code ? codeTitle(lane.code) : t(`strip.${lane.id}` as Key));

interface Mark { name: "suspected" | "confirmed"; words: string; place: number; end: boolean }

export function StripChart({ incident }: { incident: IncidentDetail }) {
  const decided = ms(incident.confirmed_at) ?? ms(incident.opened_at);
  const drawn = incident.evidence ? chart(incident.evidence, decided) : null;
  const why = incident.why ? <p class="why" data-testid="why">{say(incident.why)}</p> : null;
  if (!drawn) {
    return <section class="strip"><h2>{t("strip.why")}</h2>{why}<p class="muted">{t("detail.no_evidence")}</p></section>;
  }
  const marks = marksOf(incident, drawn);
  const tall = drawn.height ? TALL : 0;
  const high = HEAD + tall + drawn.lanes.length * LANE + FOOT;
  return (
    <section class="strip" data-priority={incident.priority}>
      <h2>{t("strip.why")}</h2>
      {why}
      <div class="strip-head">
        <h3>{t("strip.title")}</h3>
        <span class="muted num">{isToday(drawn.end) ? "" : `${dayAndTime(drawn.end).slice(0, 5)} `}{timeOfDay(drawn.end)}</span>
      </div>
      <div class="strip-body" style={{ gridTemplateRows: `${HEAD}px ${tall ? `${tall}px ` : ""}repeat(${drawn.lanes.length}, ${LANE}px) ${FOOT}px` }}>
        {drawn.height && <><span class="lane-name cut" style={{ gridRow: 2 }}>{t("strip.height")}</span><HeightNow height={drawn.height} /></>}
        {drawn.lanes.map((lane, i) => <LaneWords key={`${lane.id}${i}`} lane={lane} row={i + (tall ? 3 : 2)} end={drawn.end} />)}
        <svg class="strip-chart" width="100%" height={high} role="img" aria-label={spokenOf(incident, drawn)}>
          {drawn.condition && (
            <rect class="condition" x={pc(drawn, drawn.condition.from)} y={HEAD} height={high - HEAD - FOOT}
              width={share(drawn.condition.to - drawn.condition.from)}><title>{t("strip.condition")}</title></rect>
          )}
          {[0, 1, 2, 3, 4, 5, 6].map((n) => <line key={n} class="tick" x1={`${(n * 100) / 6}%`} x2={`${(n * 100) / 6}%`} y1={HEAD} y2={high - FOOT} />)}
          {drawn.height && <HeightLane drawn={drawn} height={drawn.height} />}
          {drawn.lanes.map((lane, i) => {
            const base = HEAD + tall + (i + 1) * LANE - 1;
            return (
              <g key={`${lane.id}${i}`}>
                <line class="base" x1="0" x2="100%" y1={base} y2={base} />
                {lane.spans.map((span) => (
                  <rect key={span.from} class={`span ${span.tone}`} x={pc(drawn, span.from)} y={base - TONES[span.tone]} height={TONES[span.tone]}
                    style={{ width: `max(2px, ${share(span.to - span.from)})` }}><title>{wordOf(span)}</title></rect>
                ))}
              </g>
            );
          })}
          {marks.map((mark) => (
            <g key={mark.name} class={`decided ${mark.name}`}>
              <line x1={`${mark.place}%`} x2={`${mark.place}%`} y1={HEAD - 2} y2={high - FOOT} />
              <text x={`${mark.place}%`} y={HEAD - 6} dx={mark.end ? 2 : -2} text-anchor={mark.end ? "end" : "start"}>{mark.words}</text>
            </g>
          ))}
          {[-180, -120, -60].map((second) => <text key={second} class="scale" x={`${((second + 180) / 180) * 100}%`} y={high - 5}>−{-second / 60}:00</text>)}
          <defs><pattern id="not-measured" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" x2="0" y1="0" y2="5" /></pattern></defs>
        </svg>
      </div>
      {drawn.condition && <p class="strip-foot muted"><i class="condition-key" /> {t("strip.condition")}</p>}
    </section>
  );
}

function LaneWords({ lane, row, end }: { lane: Lane; row: number; end: number }) {
  const last = lane.spans[lane.spans.length - 1];
  const running = last !== undefined && last.to >= end;
  return (
    <>
      <span class="lane-name cut" style={{ gridRow: row }} title={lane.code}>{nameOf(lane)}</span>
      <span class={`lane-now cut${last && running && last.tone === "notable" ? " notable" : ""}`} style={{ gridRow: row }}>
        {last && running ? (lane.code ? t("yes") : wordOf(last)) : lane.code ? t("none") : <Unknown />}
      </span>
    </>
  );
}

function HeightNow({ height }: { height: Height }) {
  const floor = height.floors[height.floors.length - 1]?.floor;
  const last = height.points[height.points.length - 1];
  return <span class="lane-now cut num" style={{ gridRow: 2 }}>{[floor, last && `${last.value.toFixed(2)} ${t("unit.m")}`].filter(Boolean).join(" · ") || <Unknown />}</span>;
}

/** The car's way as a line, and the floor it showed, as far as there is room for the words. */
function HeightLane({ drawn, height }: { drawn: Chart; height: Height }) {
  const scale = (value: number): number => 100 - (100 * (value - height.low)) / (height.high - height.low);
  const path = height.points.map(({ at, value }, i) => `${i === 0 ? "M" : "L"}${((1000 * (at - drawn.start)) / SPAN).toFixed(1)} ${scale(value).toFixed(1)}`).join("");
  let free = -Infinity;
  const words = height.floors.filter(({ at }) => {
    const place = (100 * (at - drawn.start)) / SPAN;
    if (place < free) return false;
    free = place + NEAR / 2;
    return true;
  });
  return (
    <g>
      <line class="base" x1="0" x2="100%" y1={HEAD + TALL - 1} y2={HEAD + TALL - 1} />
      {path && <svg x="0" y={HEAD + 16} width="100%" height={TALL - 20} viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="way-line" d={path} vector-effect="non-scaling-stroke" /></svg>}
      {words.map(({ at, floor }) => {
        const place = (100 * (at - drawn.start)) / SPAN;
        return <text key={at} class="scale" x={`${place}%`} y={HEAD + 13} dx={place > 94 ? 0 : 2} text-anchor={place > 94 ? "end" : "start"}>{floor}</text>;
      })}
    </g>
  );
}

const share = (time: number): string => `${((100 * time) / SPAN).toFixed(2)}%`;
const pc = (drawn: Chart, time: number): string => share(time - drawn.start);

/** When it was suspected and when confirmed; where both are near, the later one carries both words. */
function marksOf(incident: IncidentDetail, drawn: Chart): Mark[] {
  const opened = ms(incident.opened_at);
  const confirmed = ms(incident.confirmed_at);
  const place = (at: number): number => (100 * (at - drawn.start)) / SPAN;
  const seen = (at: number | null): at is number => at !== null && at >= drawn.start && at <= drawn.end;
  const first = opened !== confirmed && seen(opened) ? place(opened) : null;
  const sure = seen(confirmed) ? place(confirmed) : null;
  const together = first !== null && sure !== null && sure - first < 2 * NEAR;
  const found: Mark[] = [];
  if (first !== null) found.push({ name: "suspected", words: together ? "" : t("strip.suspected"), place: first, end: first > 50 });
  if (sure !== null) found.push({ name: "confirmed", words: together ? `${t("strip.suspected")} · ${t("strip.confirmed")}` : t("strip.confirmed"), place: sure, end: sure > 50 });
  return found;
}

/** The same in words: what every lane said, what the rule went by, and when it decided. */
function spokenOf(incident: IncidentDetail, drawn: Chart): string {
  const lanes = drawn.lanes.map((lane) => `${nameOf(lane)}: ${storyOf(lane)}`);
  const floors = drawn.height?.floors.map((one) => one.floor).join(" → ");
  const rule = incident.evidence?.rule;
  const seconds = drawn.condition ? Math.round((drawn.condition.to - drawn.condition.from) / 1000) : null;
  return [
    t("strip.label"),
    ...(rule ? [reasonTitle(rule)] : []),
    ...(seconds === null ? [] : [t("strip.spoken_condition", { n: seconds })]),
    ...(floors ? [`${t("strip.height")}: ${floors}`] : []),
    ...lanes,
  ].join(language.value === "zh" ? "。" : ". ");
}

/** At most the last four things that a lane said, oldest first. */
const storyOf = (lane: Lane): string => lane.spans.slice(-4).map(wordOf).join(" → ") || t("unknown");
