/**
 * The strip chart's content: evidence turned into lanes of spans on the platform's time axis. Pure.
 * A value holds until the next sample says otherwise. What is normal is quiet, what speaks for an entrapment
 * is notable, and what nobody measured is unknown, not normal.
 */
import { type Evidence, type LiftEvent, ms, type Sample } from "../model";

export type Tone = "quiet" | "plain" | "half" | "notable" | "unknown";
export interface Span { from: number; to: number; tone: Tone; value: string }
export interface Lane { id: string; code?: string; spans: Span[] }
/** Height over time, for lifts that tell it, and the floor that was shown, where it changed. */
export interface Height { points: { at: number; value: number }[]; low: number; high: number; floors: { at: number; floor: string }[] }
export interface Chart {
  start: number; end: number; lanes: Lane[];
  height: Height | null;
  /** What the rule went by: from when it began until it was decided. */
  condition: { from: number; to: number } | null;
}

export const SPAN = 180_000;
const MOST_CODES = 4;

/** Device time moved onto the platform's clock by the newest sample that says when it was received. */
export function shiftOf(samples: readonly Sample[]): number {
  for (let i = samples.length - 1; i >= 0; i -= 1) {
    const received = ms(samples[i]?.received_at);
    const ts = ms(samples[i]?.ts);
    if (received !== null && ts !== null) return received - ts;
  }
  return 0;
}

type Read = (sample: Sample) => [Tone, string];
const READS: readonly [string, Read][] = [
  ["door", ({ door }) => (!door || door === "unknown" ? ["unknown", "door.unknown"] : door === "closed" ? ["quiet", "door.closed"] : [door === "open" ? "plain" : "half", `door.${door}`])],
  ["zone", ({ door_zone: zone }) => (zone === true ? ["quiet", "zone.in"] : zone === false ? ["notable", "zone.out"] : ["unknown", "unknown"])],
  ["moving", ({ moving }) => (moving === true ? ["plain", "motion.moving"] : moving === false ? ["quiet", "motion.stopped"] : ["unknown", "unknown"])],
  ["occupied", (sample) => {
    const occupied = sample.people ? true : sample.occupied;
    return occupied === true ? ["plain", "occupied.yes"] : occupied === false ? ["quiet", "occupied.no"] : ["unknown", "occupied.unknown"];
  }],
  ["power", ({ power }) => (power === "battery" || power === "off" ? ["notable", `power.${power}`] : ["quiet", "power.mains"])],
];

function spansOf(times: readonly number[], samples: readonly Sample[], read: Read, start: number, end: number): Span[] {
  const spans: Span[] = [];
  samples.forEach((sample, i) => {
    const from = Math.max(start, times[i] ?? 0);
    const to = Math.min(end, times[i + 1] ?? end);
    if (to < start || from > end || (to <= from && i < samples.length - 1)) return;
    const [tone, value] = read(sample);
    const last = spans[spans.length - 1];
    if (last && last.value === value) last.to = to;
    else spans.push({ from, to, tone, value });
  });
  return spans;
}

function codeLanes(samples: readonly Sample[], times: readonly number[], events: readonly LiftEvent[], shift: number, start: number, end: number): Lane[] {
  const lanes = new Map<string, Span[]>();
  const lane = (code: string): Span[] => {
    const there = lanes.get(code) ?? [];
    lanes.set(code, there);
    return there;
  };
  samples.forEach((sample, i) => {
    for (const code of sample.faults ?? []) {
      const from = Math.max(start, times[i] ?? start);
      lane(code).push({ from, to: Math.min(end, times[i + 1] ?? end), tone: "notable", value: code });
    }
  });
  const sorted = events.map((event) => ({ event, at: ms(event.received_at) ?? (ms(event.ts) ?? 0) + shift })).sort((a, b) => a.at - b.at);
  sorted.forEach(({ event, at }, i) => {
    if (!event.active) return;
    const cleared = sorted.slice(i + 1).find((later) => later.event.code === event.code && !later.event.active);
    const to = Math.min(end, cleared?.at ?? end);
    if (to >= start) lane(event.code).push({ from: Math.max(start, at), to, tone: "notable", value: event.code });
  });
  return [...lanes].map(([code, spans]) => ({ id: "codes", code, spans: join(spans) }));
}

function join(spans: Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined[joined.length - 1];
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}

/** The least height of the drawing, m: a car that only levels must not look like one that travels. */
const LEAST_HEIGHT = 3;

function heightOf(times: readonly number[], samples: readonly Sample[], start: number, end: number): Height | null {
  const points: Height["points"] = [];
  const floors: Height["floors"] = [];
  samples.forEach((sample, i) => {
    const at = times[i] ?? 0;
    const until = times[i + 1] ?? end;
    if (until < start || at > end) return;
    const from = Math.max(start, at);
    if (typeof sample.position === "number") {
      points.push({ at: from, value: sample.position });
      // A standing car stays where it is; a moving one is on its way to the next sample.
      if (!sample.moving || i === samples.length - 1) points.push({ at: Math.max(from, Math.min(end, until)), value: sample.position });
    }
    const floor = sample.floor ?? null;
    if (floor !== null && floors[floors.length - 1]?.floor !== floor) floors.push({ at: from, floor });
  });
  if (points.length === 0 && floors.length === 0) return null;
  const values = points.map((one) => one.value);
  const low = values.length > 0 ? Math.min(...values) : 0;
  return { points, floors, low, high: Math.max(low + LEAST_HEIGHT, ...values) };
}

/** The lanes of an incident's evidence; `decided` is when the platform decided, which the chart must contain. */
export function chart(evidence: Evidence, decided: number | null): Chart | null {
  const samples = [...evidence.samples].sort((a, b) => (ms(a.ts) ?? 0) - (ms(b.ts) ?? 0));
  if (samples.length === 0 && evidence.events.length === 0) return null;
  const shift = shiftOf(samples);
  const times = samples.map((sample) => (ms(sample.ts) ?? 0) + shift);
  const events = evidence.events.map((event) => ms(event.received_at) ?? (ms(event.ts) ?? 0) + shift);
  const end = Math.max(...times, ...events, decided ?? 0, ms(evidence.decided_at) ?? 0);
  const start = end - SPAN;
  const lanes: Lane[] = READS.map(([id, read]) => ({ id, spans: spansOf(times, samples, read, start, end) }));
  const codes = codeLanes(samples, times, evidence.events, shift, start, end);
  const began = ms(evidence.since);
  const until = ms(evidence.decided_at) ?? decided ?? end;
  const condition = began !== null && began < until && until > start ? { from: Math.max(start, began), to: Math.min(end, until) } : null;
  return { start, end, lanes: [...lanes, ...codes.slice(0, MOST_CODES)], height: heightOf(times, samples, start, end), condition };
}
