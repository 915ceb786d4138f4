/** What the shadow's page says, made of the API's figures. Pure. */

export const VERDICTS = [
  "both_caught", "shadow_caught", "shadow_missed", "both_missed", "both_false", "shadow_false", "shadow_spared",
  "both_open", "shadow_only", "live_only",
] as const;
export type Verdict = (typeof VERDICTS)[number];
export type Counts = Readonly<Record<Verdict, number>>;

/** One column of the comparison. */
export interface Side { caught: number; missed: number; falsely: number; unknown: number; suspicions: number }

export interface Figures {
  live: Side;
  shadow: Side;
  /** Rescues in which somebody was in the car, whoever knew of it. */
  trapped: number;
}

export function figures(of: Counts, suspicions: { live: number; shadow: number }): Figures {
  return {
    live: {
      caught: of.both_caught + of.shadow_missed,
      missed: of.shadow_caught + of.both_missed,
      falsely: of.both_false + of.shadow_spared,
      unknown: of.both_open + of.live_only,
      suspicions: suspicions.live,
    },
    shadow: {
      caught: of.both_caught + of.shadow_caught,
      missed: of.shadow_missed + of.both_missed,
      falsely: of.both_false + of.shadow_false,
      unknown: of.both_open + of.shadow_only,
      suspicions: suspicions.shadow,
    },
    trapped: of.both_caught + of.shadow_caught + of.shadow_missed + of.both_missed,
  };
}

/** `+12 s` earlier, `−4 s` later, `±0 s`; tenths below ten seconds. */
export function seconds(gained: number): string {
  const size = Math.abs(gained);
  const rounded = size < 10 ? Math.round(size * 10) / 10 : Math.round(size);
  return `${rounded === 0 ? "±" : gained > 0 ? "+" : "−"}${rounded} s`;
}

/** Where the names of thresholds that belong to a rule are taken apart. */
export function ruleOf(name: string): { rule: string; step: "suspect_s" | "confirm_s" } | null {
  const match = /^rules\.([a-z_]+)\.(suspect_s|confirm_s)$/.exec(name);
  return match ? { rule: match[1] ?? "", step: match[2] as "suspect_s" | "confirm_s" } : null;
}

/** The half width of the axis of gained seconds: a round figure that holds all of them. */
export function reach(gained: readonly number[]): number {
  const most = Math.max(0, ...gained.map(Math.abs));
  return [10, 30, 60, 120, 300, 600, 1800, 3600].find((one) => one >= most) ?? Math.ceil(most / 3600) * 3600;
}

/** Dots that would cover each other are stacked: the row of each, from 0. */
export function stack(places: readonly number[], width: number): number[] {
  const last: number[] = [];
  return places.map((place) => {
    let row = 0;
    while ((last[row] ?? -Infinity) > place - width) row += 1;
    last[row] = place;
    return row;
  });
}
