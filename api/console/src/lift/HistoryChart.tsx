/** Speed, height, door and codes on one time axis, with incidents as marks and a reading line. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { all } from "../api";
import { dayAndTime, now, timeOfDay } from "../clock";
import { codeTitle, type Key, t } from "../i18n";
import { type Incident, type Lift, type LiftEvent, ms, type Sample } from "../model";
import { liftHeard } from "../store";
import { Figure, Value } from "../ui/bits";
import { at as sampleAt, type Band, history, type Point, share, ticks, timeOf } from "./history";

const HOUR = 3_600_000;
const RANGES = [
  { key: "lift.range_1h", span: HOUR, step: 0 },
  { key: "lift.range_6h", span: 6 * HOUR, step: 60 },
  { key: "lift.range_24h", span: 24 * HOUR, step: 300 },
  { key: "lift.range_7d", span: 168 * HOUR, step: 1800 },
  { key: "lift.range_90d", span: 90 * 24 * HOUR, step: 6 * 3600 },
] as const;
const MOST = 3000;
const LEFT = 116;
const RIGHT = 12;
const LANE = 84;
const THIN = 22;

interface Loaded { samples: Sample[]; events: LiftEvent[]; complete: boolean }

export function HistoryChart({ lift, incidents, onSamples }: { lift: Lift; incidents: readonly Incident[]; onSamples: (samples: Sample[]) => void }) {
  const [range, setRange] = useState<(typeof RANGES)[number]>(RANGES[0]);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [wide, setWide] = useState(700);
  const [reading, setReading] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const id = lift.lift_id;

  useEffect(() => {
    let dropped = false;
    setLoaded(null);
    const to = new Date(now.peek()).toISOString();
    const from = new Date(now.peek() - range.span).toISOString();
    const query = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
    const path = `/lifts/${encodeURIComponent(id)}`;
    void Promise.all([
      all<Sample>(`${path}/telemetry?${query}${range.step ? `&step=${range.step}` : ""}`, MOST),
      all<LiftEvent>(`${path}/events?${query}`, 1000),
    ]).then(([samples, events]) => {
      if (dropped) return;
      setLoaded({ samples: samples.items, events: events.items, complete: samples.complete });
      onSamples(samples.items);
    }).catch(() => !dropped && setLoaded({ samples: [], events: [], complete: true }));
    return () => { dropped = true; };
  }, [id, range]);

  useEffect(() => liftHeard.subscribe((heard) => {
    const sample = heard?.lift_id === id ? heard.state?.sample : null;
    if (!sample) return;
    setLoaded((before) => (before ? { ...before, samples: [sample, ...before.samples].slice(0, MOST) } : before));
  }), [id]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWide(Math.max(280, element.clientWidth)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  // Every ten seconds is as often as an hour on 700 px can show.
  const to = Math.ceil(now.value / 10_000) * 10_000;
  const from = to - range.span;
  const quiet = Math.max(3 * (lift.state?.interval ?? 30) + 5, range.step * 2.5) * 1000;
  const drawn = useMemo(() => (loaded ? history(loaded.samples, loaded.events, from, Math.min(to, now.peek()), quiet, range.step * 1000) : null), [loaded, from, to, quiet, range]);

  const inner = wide - LEFT - RIGHT;
  const x = (time: number): number => LEFT + (inner * (time - from)) / range.span;
  const rows = drawn ? drawn.codes.length : 0;
  const doorY = 2 * LANE + 34;
  const high = doorY + THIN + rows * THIN + 30;
  const read = reading !== null && loaded ? sampleAt(loaded.samples, reading) : null;
  const marks = incidents.map((one) => ({ one, at: ms(one.opened_at) ?? 0 })).filter(({ at }) => at >= from && at <= to);

  const point = (event: PointerEvent): void => {
    const rect = (event.currentTarget as SVGElement).getBoundingClientRect();
    const px = event.clientX - rect.left;
    setReading(px < LEFT ? null : Math.min(to, from + ((px - LEFT) / inner) * range.span));
  };
  const step = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const by = (event.key === "ArrowLeft" ? -1 : 1) * (range.span / 120);
    setReading((before) => Math.min(to, Math.max(from, (before ?? to) + by)));
  };

  return (
    <section class="history">
      <div class="history-head">
        <h2>{t("lift.history")}</h2>
        <div class="chips">
          {RANGES.map((one) => <button key={one.key} type="button" class="button" aria-pressed={one === range} onClick={() => setRange(one)}>{t(one.key)}</button>)}
        </div>
      </div>
      <p class="reading num" aria-live="off">
        {reading === null || !read ? <span class="muted">{loaded === null ? t("loading") : loaded.samples.length === 0 ? t("lift.no_history") : loaded.complete ? "\u00a0" : t("lift.truncated")}</span> : (
          <>
            <strong>{range.span > 24 * HOUR ? dayAndTime(reading) : timeOfDay(reading)}</strong>
            {" · "}{t("lift.floor")} {read.floor ?? t("unknown")}
            {" · "}{t("lift.speed_now")} <Figure value={read.speed} unit={t("unit.mps")} digits={2} />
            {" · "}{t("lift.position")} <Figure value={read.position} unit={t("unit.m")} digits={2} />
            {" · "}{t("lift.door")} <Value prefix="door" of={read.door} />
            {share(read, "moving") !== null && <>{" · "}{t("lift.share", { moving: String(share(read, "moving")), open: String(share(read, "door_open") ?? 0) })}</>}
            {timeOf(read) < reading - quiet && <span class="warn"> · {t("ago", { time: `${Math.round((reading - timeOf(read)) / 60_000)} min` })}</span>}
          </>
        )}
      </p>
      <div ref={box} class="history-box">
        <svg width={wide} height={high} viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={t("lift.history_label")} tabIndex={0}
          onPointerMove={point} onPointerLeave={() => setReading(null)} onKeyDown={step} onBlur={() => setReading(null)}>
          <defs><pattern id="silence" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" x2="0" y1="0" y2="7" /></pattern></defs>
          {drawn?.gaps.map((gap) => <rect key={`g${gap.from}`} class="gap" x={x(gap.from)} width={Math.max(0, x(gap.to) - x(gap.from))} y="0" height={high - 26}><title>{t("lift.no_history")}</title></rect>)}
          {ticks(from, to, Math.max(2, Math.floor(inner / 90))).map((time) => (
            <g key={time}>
              <line class="tick" x1={x(time)} x2={x(time)} y1="0" y2={high - 26} />
              <text x={Math.min(x(time), wide - 22)} y={high - 8} text-anchor="middle">{range.span > 24 * HOUR ? dayAndTime(time).slice(0, 5) : timeOfDay(time).slice(0, 5)}</text>
            </g>
          ))}
          {drawn && <Line y={8} name={t("lift.speed_now")} unit={t("unit.mps")} points={drawn.speed} bands={drawn.bands.speed} x={x} wide={wide} floor />}
          {drawn && <Line y={LANE + 24} name={t("lift.position")} unit={t("unit.m")} points={drawn.position} bands={drawn.bands.position} x={x} wide={wide} />}
          <text x={LEFT - 10} y={doorY + 15} text-anchor="end">{t("lift.door")}</text>
          {drawn?.door.map((span) => (
            <rect key={`d${span.from}`} class={`door ${span.value}`} x={x(span.from)} width={Math.max(0.75, x(span.to) - x(span.from))}
              y={doorY + (span.value === "open" ? 2 : span.value === "closed" ? 15 : 8)} height={span.value === "open" ? 16 : span.value === "closed" ? 3 : 10} />
          ))}
          {drawn?.codes.map(({ code, spans }, i) => (
            <g key={code}>
              <text x={LEFT - 10} y={doorY + THIN * (i + 1) + 15} text-anchor="end">{short(codeTitle(code))}<title>{codeTitle(code)}</title></text>
              {spans.map((span) => <rect key={span.from} class="code" x={x(span.from)} width={Math.max(2, x(span.to) - x(span.from))} y={doorY + THIN * (i + 1) + 3} height="14"><title>{codeTitle(code)}</title></rect>)}
            </g>
          ))}
          {marks.map(({ one, at }) => (
            <g key={one.id} class="incident-mark">
              <line x1={x(at)} x2={x(at)} y1="0" y2={high - 26} />
              <path d={`M${x(at) - 5} 0h10l-5 8z`}><title>{`${one.priority} ${t(`kind.${one.kind}` as Key)}`}</title></path>
            </g>
          ))}
          {reading !== null && <line class="read" x1={x(reading)} x2={x(reading)} y1="0" y2={high - 26} />}
        </svg>
      </div>
    </section>
  );
}

/** Cut to what fits beside the axis: a Chinese character is twice as wide as a letter. */
function short(text: string): string {
  let room = 12;
  for (let i = 0; i < text.length; i += 1) {
    room -= text.charCodeAt(i) > 0x2e80 ? 2 : 1;
    if (room < 0) return `${text.slice(0, Math.max(0, i - 1))}…`;
  }
  return text;
}

function Line({ y, name, unit, points, bands, x, wide, floor = false }: { y: number; name: string; unit: string; points: Point[]; bands: Band[]; x: (time: number) => number; wide: number; floor?: boolean }) {
  const values = points.map((one) => one.value).filter((one): one is number => one !== null);
  const low = floor ? 0 : Math.min(0, ...values, ...bands.map((one) => one.low));
  const top = Math.max(floor ? 0.5 : 3, ...values, ...bands.map((one) => one.high));
  const scale = (value: number): number => y + LANE - ((value - low) / (top - low)) * LANE;
  let path = "";
  let pen = false;
  for (const { at, value } of points) {
    if (value === null) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(at).toFixed(1)} ${scale(value).toFixed(1)}`;
      pen = true;
    }
  }
  return (
    <g>
      <line class="base" x1={LEFT} x2={wide - RIGHT} y1={y + LANE} y2={y + LANE} />
      <text x={LEFT - 10} y={y + LANE / 2 + 5} text-anchor="end">{name}</text>
      <text class="scale" x={LEFT - 10} y={y + 11} text-anchor="end">{top.toFixed(1)} {unit}</text>
      <text class="scale" x={LEFT - 10} y={y + LANE} text-anchor="end">{low.toFixed(0)}</text>
      {bands.map((one) => <rect key={one.from} class="band" x={x(one.from)} width={Math.max(1, x(one.to) - x(one.from))} y={scale(one.high)} height={Math.max(1, scale(one.low) - scale(one.high))} />)}
      <path class="line" d={path} />
      {values.length === 0 && <text class="scale" x={LEFT + 12} y={y + LANE / 2 + 5}>{t("unknown")}</text>}
    </g>
  );
}
