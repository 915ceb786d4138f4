/**
 * Where the landings are and where the car stands between them. Registries know names of landings, not
 * heights, so heights are learned from samples taken at rest inside the door zone; the rest is interpolated. Pure.
 */
import type { Lift, Sample } from "../model";

const STOREY = 3.2; // m, until something is known

/** Landing names, lowest first; what a lift itself has shown is used where the registry is silent. */
export function landingsOf(floors: Lift["floors"], seen: readonly (string | null | undefined)[] = []): string[] {
  if (Array.isArray(floors) && floors.length > 0) return floors.map(String);
  if (typeof floors === "number" && floors > 0) return Array.from({ length: floors }, (_, i) => String(i + 1));
  const names = [...new Set(seen.filter((one): one is string => Boolean(one)))];
  const rank = (name: string): number => {
    const number = Number(name.replace(/^[Bb-]/, ""));
    if (!Number.isFinite(number)) return 0;
    return /^[Bb-]/.test(name) ? -number : number;
  };
  return names.sort((a, b) => rank(a) - rank(b));
}

/** Heights of the landings that samples have shown; the newest sample of a landing wins. */
export function learned(samples: Iterable<Sample>): Map<string, number> {
  const known = new Map<string, number>();
  for (const { floor, position, door_zone: zone, moving } of samples) {
    if (floor && typeof position === "number" && zone === true && moving === false) known.set(floor, position);
  }
  return known;
}

/** The height of every landing in m above the lowest, strictly rising. */
export function heights(landings: readonly string[], known: ReadonlyMap<string, number>): number[] {
  const points: [number, number][] = [];
  landings.forEach((name, i) => {
    const height = i === 0 ? (known.get(name) ?? 0) : known.get(name);
    const last = points[points.length - 1];
    if (height !== undefined && (!last || height > last[1])) points.push([i, height]);
  });
  const first = points[0] ?? [0, 0];
  const top = points[points.length - 1] ?? first;
  const slope = top[0] > first[0] ? (top[1] - first[1]) / (top[0] - first[0]) : STOREY;
  return landings.map((_, i) => {
    const above = points.find(([at]) => at >= i);
    const below = [...points].reverse().find(([at]) => at <= i);
    if (above && below) {
      return above[0] === below[0] ? above[1] : below[1] + ((above[1] - below[1]) * (i - below[0])) / (above[0] - below[0]);
    }
    const edge = above ?? below ?? first;
    return edge[1] + slope * (i - edge[0]);
  });
}

/** The car's height in m, or null when neither its position nor its landing is known. */
export function carHeight(sample: Sample | null, landings: readonly string[], metres: readonly number[]): number | null {
  if (!sample) return null;
  if (typeof sample.position === "number") return sample.position;
  const at = sample.floor ? landings.indexOf(sample.floor) : -1;
  if (at < 0) return null;
  const own = metres[at] ?? 0;
  if (sample.door_zone !== false) return own;
  // Outside the zone without a position: half a storey on, the way it was going.
  const next = sample.direction === "down" ? metres[at - 1] : (metres[at + 1] ?? metres[at - 1]);
  return next === undefined ? own : (own + next) / 2;
}

export type Place = { kind: "at"; floor: string } | { kind: "between"; a: string; b: string } | null;

/** Where the car is in words: at a landing, or between two when it says that it is outside the door zone. */
export function placeOfCar(sample: Sample | null, landings: readonly string[], metres: readonly number[]): Place {
  if (!sample) return null;
  if (sample.door_zone === false && !sample.moving) {
    const height = carHeight(sample, landings, metres);
    const above = height === null ? -1 : metres.findIndex((one) => one > height);
    const a = landings[above - 1];
    const b = landings[above];
    if (above > 0 && a !== undefined && b !== undefined) return { kind: "between", a, b };
  }
  return sample.floor ? { kind: "at", floor: sample.floor } : null;
}

/** Which landings get their name drawn when there are more than fit; the ends and the car's own always do. */
export function labelled(count: number, room: number, own: number): Set<number> {
  const shown = new Set<number>([0, count - 1]);
  const stride = Math.max(1, Math.ceil(count / Math.max(2, room)));
  for (let i = 0; i < count; i += stride) if (count - 1 - i >= stride) shown.add(i);
  if (own >= 0 && own < count) {
    for (let i = own - stride + 1; i < own + stride; i += 1) if (i !== own && i !== 0 && i !== count - 1) shown.delete(i);
    shown.add(own);
  }
  return shown;
}
