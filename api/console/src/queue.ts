/**
 * The order of the queue, and how a new order reaches the screen without moving rows under a hand.
 *
 * Rules: what needs a decision stands on top. First what rings or should (P1 and P2 nobody has acknowledged,
 * and whatever rings again), then acknowledged rescues in progress, then what only stands in the list (P3 and
 * P4 never ring, so "not acknowledged" says nothing about them). Inside a group P1 comes before P2, then what
 * asks somebody before what decides itself, a rescue before an empty car, what nobody has acknowledged before what
 * rings again, and of two equals the one that waits longer.
 */
import { type Incident, isBlindness, isGroup, isOpen, ms, PRIORITIES } from "./model";

export type Group = "act" | "running" | "standing";
export const GROUPS: readonly Group[] = ["act", "running", "standing"];

/** Which of the three groups an incident stands in. */
export function groupOf(incident: Incident): Group {
  const rings = incident.priority === "P1" || incident.priority === "P2";
  if (incident.ringing) return "act";
  if (!rings) return "standing";
  return incident.acknowledged_at === null && incident.state !== "released" ? "act" : "running";
}

/** A suspicion that confirms or ends by itself: it is shown, and rings when it is sure. */
export const decidesItself = (incident: Incident): boolean => incident.state === "suspected" && !incident.ringing && !incident.waits_for_person;

const key = (incident: Incident): number[] => [
  GROUPS.indexOf(groupOf(incident)),
  PRIORITIES.indexOf(incident.priority),
  Number(decidesItself(incident)),
  Number(incident.kind !== "rescue"),
  Number(incident.acknowledged_at !== null),
  ms(incident.opened_at) ?? 0,
];

export function compare(a: Incident, b: Incident): number {
  const left = key(a);
  const right = key(b);
  for (let i = 0; i < left.length; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * The incidents after a list has come in. What the stream told while the list was on its way may be newer than the
 * list, or not stand in it at all: it stays; only what the list leaves out and nobody has spoken of since goes.
 */
export function relisted(
  listed: readonly Incident[], before: ReadonlyMap<string, Incident>, present: ReadonlyMap<string, Incident>,
): Map<string, Incident> {
  const next = new Map(listed.map((one) => [one.id, one]));
  for (const known of present.values()) {
    const other = next.get(known.id);
    if (other ? known.version > other.version : before.get(known.id) !== known) next.set(known.id, known);
  }
  return next;
}

/** The ids of the open incidents in the order they should stand. */
export const order = (incidents: Iterable<Incident>): string[] =>
  [...incidents].filter(isOpen).sort(compare).map((incident) => incident.id);

/** What stands in `wanted` and not in `shown`. */
export function arrivals(shown: readonly string[], wanted: readonly string[]): string[] {
  const there = new Set(shown);
  return wanted.filter((id) => !there.has(id));
}

export const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/** How long a pointer inside the queue must rest before rows may move. */
export const REST_MS = 1500;

export interface Hand { inside: boolean; movedAt: number }

/** Rows may move when the pointer is elsewhere or has rested. */
export const mayMove = (hand: Hand, at: number): boolean => !hand.inside || at - hand.movedAt >= REST_MS;

/** The row `step` rows from `from`, staying inside the list; the first one when nothing is chosen. */
export function neighbour(shown: readonly string[], from: string | null, step: number): string | null {
  if (shown.length === 0) return null;
  const at = from === null ? -1 : shown.indexOf(from);
  if (at < 0) return shown[0] ?? null;
  return shown[Math.min(shown.length - 1, Math.max(0, at + step))] ?? null;
}

/** Whether `alarm` rings for this one: nobody has rung for it, and nobody but the silence speaks for it. */
const standsFor = (alarm: Incident | undefined, incident: Incident): boolean =>
  alarm !== undefined && isBlindness(alarm) && incident.state === "suspected" && !incident.ringing;

export interface Fold { id: string; members: string[] }

/**
 * Rows of the standing group, folded: several faults of one lift become one row that opens, and what belongs
 * to an area incident stands under it; so do the suspicions for which the alarm that says we are blind rings.
 * Nothing that rings is ever folded.
 */
export function fold(ids: readonly string[], byId: ReadonlyMap<string, Incident>): Fold[] {
  const folds: Fold[] = [];
  const heads = new Map<string, Fold>();
  const areas = new Map<string, Fold>(ids.filter((id) => { const one = byId.get(id); return one !== undefined && isGroup(one); }).map((id) => [id, { id, members: [] }]));
  for (const id of ids) {
    const incident = byId.get(id);
    const area = areas.get(incident?.area ?? "");
    if (incident && area && area.id !== id && (groupOf(incident) === "standing" || standsFor(byId.get(area.id), incident))) {
      area.members.push(id);
      continue;
    }
    const lift = incident?.lift_id ?? null;
    const head = lift === null ? undefined : heads.get(lift);
    if (incident && head && groupOf(incident) === "standing") {
      head.members.push(id);
      continue;
    }
    const one = areas.get(id) ?? { id, members: [] };
    folds.push(one);
    if (incident && lift !== null && groupOf(incident) === "standing") heads.set(lift, one);
  }
  return folds;
}
