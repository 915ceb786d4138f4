/** How a car is, as clauses of a sentence; how long only as far as it was heard. Pure. */
import { duration } from "../clock";
import type { Key } from "../i18n";
import type { Place } from "../lift/landings";
import { type LiftState, ms } from "../model";

export type Clause = readonly [Key, Record<string, string | number>];

export interface Car {
  /** Where it is, moving or not. */
  motion: Clause | null;
  /** How long it has stood there. */
  time: string | null;
  /** Who is in it, its door, its power. */
  rest: Clause[];
  /** How old all this is, where it is stale. */
  age: string | null;
  between: boolean;
}

/**
 * The car as last heard, at the moment `at`. A stale state is told as what it is: with its age, and without a clock
 * that would run on as if somebody still saw the car.
 */
export function carNow(state: LiftState, place: Place, at: number, stale: boolean): Car {
  const heard = ms(state.heard_at);
  const since = ms(state.stopped_at);
  const stopped = state.sample?.moving === false;
  const old = stale && heard !== null;
  return {
    motion: motion(state, place),
    time: stopped && since !== null ? duration((old ? heard : at) - since) : null,
    rest: [inside(state), door(state), power(state)].filter((one): one is Clause => one !== null),
    age: old ? duration(at - heard) : null,
    between: stopped && place?.kind === "between",
  };
}

function motion({ sample }: LiftState, place: Place): Clause | null {
  if (sample?.moving === true) return sample.floor ? ["now.moving", { floor: sample.floor }] : ["now.moving_on", {}];
  if (sample?.moving !== false) return place?.kind === "at" ? ["now.near", { floor: place.floor }] : null;
  if (place?.kind === "between") return ["now.between", { a: place.a, b: place.b }];
  if (place?.kind === "at") return [sample.door_zone === false ? "now.outside" : "now.at", { floor: place.floor }];
  return ["now.stopped", {}];
}

function inside({ sample, occupied, occupied_by: by }: LiftState): Clause | null {
  if (sample?.people) return sample.people === 1 ? ["now.person", {}] : ["now.people", { n: sample.people }];
  if (occupied === true) return [by === "sensor" ? "now.someone" : "now.perhaps", {}];
  return occupied === false ? ["now.empty", {}] : null;
}

function door({ sample }: LiftState): Clause | null {
  return sample?.door && sample.door !== "unknown" ? [`now.door_${sample.door}`, {}] : null;
}

function power({ sample }: LiftState): Clause | null {
  return sample?.power === "off" || sample?.power === "battery" ? [`now.power_${sample.power}`, {}] : null;
}
