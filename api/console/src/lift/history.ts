/** A lift's recent past, ready to be drawn: points of a line with their gaps, and spans of states. Pure. */
import { type LiftEvent, ms, type Sample } from "../model";

export interface Point { at: number; value: number | null }
/** How far a figure went within one step: a line through last values would hide every trip. */
export interface Band { from: number; to: number; low: number; high: number }
export interface Span { from: number; to: number; value: string }
export interface History { speed: Point[]; position: Point[]; bands: { speed: Band[]; position: Band[] }; door: Span[]; codes: { code: string; spans: Span[] }[]; gaps: Span[] }

/** Time of a sample on the platform's axis: when it happened; a device clock far off is replaced by the receipt. */
export function timeOf(sample: { ts: string | number; received_at?: string }): number {
  const ts = ms(sample.ts) ?? 0;
  const received = ms(sample.received_at);
  if (received === null) return ts;
  return Math.abs(received - ts) > 120_000 && !("late" in sample && sample.late) ? received : ts;
}

/**
 * `quiet`: after this long without a sample the line is broken, because nobody knows.
 * `step`: how long a bucket is, in ms; samples without a bucket have no band.
 */
export function history(samples: readonly Sample[], events: readonly LiftEvent[], from: number, to: number, quiet: number, step = 0): History {
  const timed = samples.map((sample) => ({ sample, at: timeOf(sample) })).filter(({ at }) => at <= to).sort((a, b) => a.at - b.at);
  const out: History = { speed: [], position: [], bands: { speed: [], position: [] }, door: [], codes: [], gaps: [] };
  const codes = new Map<string, Span[]>();
  timed.forEach(({ sample, at }, i) => {
    const next = timed[i + 1]?.at ?? to;
    const held = Math.min(next, at + quiet);
    if (held < from) return;
    const start = Math.max(at, from);
    const begins = ms(sample.bucket);
    if (begins !== null && begins + step > from && begins < to) {
      const span = { from: Math.max(begins, from), to: Math.min(begins + step, to) };
      for (const figure of ["speed", "position"] as const) {
        const found = sample.extremes?.[figure];
        if (found) out.bands[figure].push({ ...span, low: found.min, high: found.max });
      }
    }
    out.speed.push({ at: start, value: sample.speed ?? null });
    out.position.push({ at: start, value: sample.position ?? null });
    const broken = next - at > quiet;
    if (broken) {
      out.speed.push({ at: held, value: sample.speed ?? null }, { at: held, value: null });
      out.position.push({ at: held, value: sample.position ?? null }, { at: held, value: null });
      out.gaps.push({ from: held, to: next, value: "gap" });
    } else if (i === timed.length - 1) {
      out.speed.push({ at: held, value: sample.speed ?? null });
      out.position.push({ at: held, value: sample.position ?? null });
    }
    extend(out.door, { from: start, to: held, value: sample.door ?? "unknown" });
    for (const code of sample.faults ?? []) {
      const spans = codes.get(code) ?? [];
      codes.set(code, spans);
      extend(spans, { from: start, to: held, value: code });
    }
  });
  const first = timed.find(({ at }) => at >= from)?.at ?? to;
  if (first - from > quiet && !timed.some(({ at }) => at < from && from - at <= quiet)) out.gaps.unshift({ from, to: first, value: "gap" });
  const sorted = events.map((event) => ({ event, at: timeOf(event) })).sort((a, b) => a.at - b.at);
  sorted.forEach(({ event, at }, i) => {
    if (!event.active || at > to) return;
    const end = sorted.slice(i + 1).find((later) => !later.event.active && later.event.code === event.code)?.at ?? to;
    if (end < from) return;
    const spans = codes.get(event.code) ?? [];
    codes.set(event.code, spans);
    spans.push({ from: Math.max(from, at), to: Math.min(to, Math.max(end, at)), value: event.code });
  });
  out.codes = [...codes].map(([code, spans]) => ({ code, spans }));
  return out;
}

function extend(spans: Span[], next: Span): void {
  const last = spans[spans.length - 1];
  if (last && last.value === next.value && next.from - last.to < 1) last.to = next.to;
  else spans.push(next);
}

/** Which part of the known time of a step a state took, in per cent; null where it is no step or nothing is known. */
export function share(sample: Sample, state: "moving" | "door_open"): number | null {
  const seconds = sample.seconds;
  return seconds === undefined || seconds.known <= 0 || seconds[state] === undefined ? null : Math.round((100 * seconds[state]) / seconds.known);
}

/** The newest sample at or before a moment: what the reading line shows. */
export function at(samples: readonly Sample[], moment: number): Sample | null {
  let best: Sample | null = null;
  let bestAt = -Infinity;
  for (const sample of samples) {
    const own = timeOf(sample);
    if (own <= moment && own > bestAt) {
      best = sample;
      bestAt = own;
    }
  }
  return best;
}

/** Round times for the axis: at most `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  const steps = [60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600].map((s) => s * 1000);
  const step = steps.find((one) => (to - from) / one <= most) ?? 2_419_200_000;
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const result: number[] = [];
  for (let time = Math.ceil((from - zone) / step) * step + zone; time <= to; time += step) result.push(time);
  return result;
}
