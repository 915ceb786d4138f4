/** Today's round: one line for each lift, what presses first, the nearest first among equals. Pure. */
import { type Due, type Item, type Kind, KINDS, type LiftHere, type Plan, type PlanHead } from "./model";

export interface Spot { lat: number; lon: number; at: number }
export interface Stop { lift: LiftHere; kind: Kind; due_on: string; days_left: number; standing: Due["standing"]; metres: number | null }

const EARTH_M = 6_371_000;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

export function metresBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const h = Math.sin(rad(b.lat - a.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

const PRESSING: readonly Due["standing"][] = ["overdue", "soon", "later"];
const rank = (kind: Kind): number => KINDS.indexOf(kind);

/** What a visit to this lift should be: the longest kind that presses, for it includes the shorter ones. */
export function wanted(dues: readonly Due[]): Due | null {
  const pressing = dues.filter((one) => one.standing !== "later");
  const longest = [...pressing].sort((a, b) => rank(b.kind) - rank(a.kind))[0];
  if (longest) return longest;
  return [...dues].sort((a, b) => a.days_left - b.days_left || rank(a.kind) - rank(b.kind))[0] ?? null;
}

export function round(dues: readonly Due[], here: Spot | null): Stop[] {
  const lifts = new Map<string, Due[]>();
  for (const one of dues) lifts.set(one.lift_id, [...(lifts.get(one.lift_id) ?? []), one]);
  const stops: Stop[] = [];
  for (const own of lifts.values()) {
    const due = wanted(own);
    if (!due) continue;
    // How much it presses is the worst of its kinds, whatever kind is done about it.
    const worst = own.reduce((a, b) => (b.days_left < a.days_left ? b : a));
    const { lat, lon } = due;
    stops.push({
      lift: { lift_id: due.lift_id, name: due.name, rescue_code: due.rescue_code, building: due.building, address: due.address, lift_class: due.lift_class, lat, lon },
      kind: due.kind, due_on: worst.due_on, days_left: worst.days_left, standing: worst.standing,
      metres: here && lat !== null && lon !== null ? metresBetween(here, { lat, lon }) : null,
    });
  }
  return stops.sort((a, b) => PRESSING.indexOf(a.standing) - PRESSING.indexOf(b.standing)
    || (a.metres ?? Infinity) - (b.metres ?? Infinity) || a.days_left - b.days_left
    || a.lift.lift_id.localeCompare(b.lift.lift_id)
  );
}

/** The plan that the server will choose for a class: the firm's own newest, else the newest published one. */
export function newest(plans: readonly PlanHead[], liftClass: string, firm: string | null): PlanHead | null {
  const of = plans.filter((one) => one.lift_class === liftClass && (one.firm_id === null || one.firm_id === firm));
  return [...of].sort((a, b) => Number(b.firm_id !== null) - Number(a.firm_id !== null) || b.version - a.version)[0] ?? null;
}

/** What a visit of this kind does: its own items and those of the shorter kinds. */
export const itemsOf = (plan: Plan, kind: Kind): Item[] => plan.items.filter((item) => rank(item.kind) <= rank(kind));

/** The lift that an id or a rescue code means, among those the phone knows. */
export function find(stops: readonly Stop[], text: string): Stop | null {
  return stops.find((one) => one.lift.lift_id === text) ?? stops.find((one) => one.lift.rescue_code === text) ?? null;
}
