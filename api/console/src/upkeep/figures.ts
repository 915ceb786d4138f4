/** What the offices' pages count and sort. Pure: whatever is now is given. */
import type { Due, Standing, Worker } from "./model";

export interface LiftDue { lift_id: string; first: Due; all: Due[] }

/** What is due, lift by lift: who goes there does it all. The lift whose day comes first leads. */
export function byLift(list: readonly Due[]): LiftDue[] {
  const found = new Map<string, Due[]>();
  for (const one of list) found.set(one.lift_id, [...(found.get(one.lift_id) ?? []), one]);
  return [...found.entries()]
    .map(([lift_id, some]) => {
      const sorted = [...some].sort((a, b) => a.days_left - b.days_left);
      return { lift_id, first: sorted[0] as Due, all: sorted };
    })
    .sort((a, b) => a.first.days_left - b.first.days_left || a.lift_id.localeCompare(b.lift_id));
}

export type Holds = "none" | "ended" | "soon" | "good";
const SOON_DAYS = 30;

const dayNumber = (iso: string): number => Math.round(Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) / 86_400_000);
/** The day of a moment by this desk's own clock. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
/** Days from one day to another. */
export const daysBetween = (from: string, to: string): number => dayNumber(to) - dayNumber(from);

/** Whether a certificate still holds; its last day is a good one, and 30 days ahead is time to renew it. */
export function holds(valid_until: string, today: string): Holds {
  const left = daysBetween(today, valid_until);
  return left < 0 ? "ended" : left <= SOON_DAYS ? "soon" : "good";
}

/** Of all certificates the one that lasts longest counts: with it its bearer may sign. */
export function standingOf(worker: Worker, today: string): { holds: Holds; until: string | null } {
  const last = worker.certificates.map((one) => one.valid_until).sort().at(-1) ?? null;
  return { holds: last === null ? "none" : holds(last, today), until: last };
}

const WORST: readonly Holds[] = ["none", "ended", "soon", "good"];
/** Those who need a certificate first. */
export function byNeed(workers: readonly Worker[], today: string): Worker[] {
  const rank = (one: Worker): number => WORST.indexOf(standingOf(one, today).holds);
  return [...workers].sort((a, b) => rank(a) - rank(b) || (standingOf(a, today).until ?? "").localeCompare(standingOf(b, today).until ?? "") || a.name.localeCompare(b.name));
}

export type Measure = "overdue" | "days" | "worst" | "in_time" | "doubtful" | "late" | "far" | "orders" | "oldest";
export const MEASURES: readonly Measure[] = ["overdue", "days", "worst", "in_time", "doubtful", "late", "far", "orders", "oldest"];

/** A share, or null where there is nothing that it could be a share of. */
const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** What a row is ranked by; null where nothing is known, which is neither good nor bad. */
export function measured(row: Standing, by: Measure, now: number): number | null {
  switch (by) {
    case "overdue": return share(row.overdue_lifts, row.lifts);
    case "days": return row.lifts > 0 ? row.overdue_days : null;
    case "worst": return row.lifts > 0 ? row.worst_days : null;
    case "in_time": return share(row.in_time, row.timed);
    case "doubtful": return share(row.doubtful, row.checked);
    case "late": return share(row.late, row.visits);
    case "far": return share(row.far, row.visits);
    case "orders": return row.orders_open;
    case "oldest": return row.oldest_order_at === null ? null : now - Date.parse(row.oldest_order_at);
  }
}

/** The worst first; what is not known stands at the end. Only of "in time" less is worse. */
export function ranked(rows: readonly Standing[], by: Measure, now: number): Standing[] {
  const sign = by === "in_time" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [measured(a, by, now), measured(b, by, now)];
    if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
    return sign * (x - y) || (a.name ?? "").localeCompare(b.name ?? "");
  });
}

export const percent = (value: number | null): string | null => (value === null ? null : `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`);

/** The path of a drawn line, in whole units: `M1 2L3 4`. */
export const pathOf = (strokes: readonly (readonly { x: number; y: number }[])[]): string =>
  strokes.filter((one) => one.length > 0).map((one) => {
    // a tap is a dot, and a dot is drawn as the shortest line
    const points = one.length === 1 ? [one[0], one[0]] : one;
    return points.map((point, i) => `${i === 0 ? "M" : "L"}${Math.round(point?.x ?? 0)} ${Math.round(point?.y ?? 0)}`).join("");
  }).join("");
