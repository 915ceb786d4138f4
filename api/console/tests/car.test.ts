import { describe, expect, it } from "vitest";
import { carNow } from "../src/board/car";
import type { LiftState, Sample } from "../src/model";
import { at } from "./incident";

const state = (sample: Partial<Sample>, part: Partial<LiftState> = {}): LiftState => ({
  online: true, heard_at: at(100), link_at: null, interval: 30, firmware: null, received_at: at(100), stopped_at: at(20), occupied: true,
  occupied_by: "sensor", codes: [], notes: [],
  sample: { ts: at(100), moving: false, door: "closed", door_zone: false, floor: "4", power: "mains", ...sample }, ...part,
});
const when = (second: number): number => Date.parse(at(second));
const BETWEEN = { kind: "between", a: "4", b: "5" } as const;
const AT = { kind: "at", floor: "4" } as const;

describe("the car in a sentence", () => {
  it("stands between two landings, and its time runs with the clock", () => {
    const car = carNow(state({}), BETWEEN, when(110), false);
    expect(car.motion).toEqual(["now.between", { a: "4", b: "5" }]);
    expect(car.rest.map(([key]) => key)).toEqual(["now.someone", "now.door_closed"]);
    expect([car.time, car.age, car.between]).toEqual(["1:30", null, true]);
    expect(carNow(state({}), BETWEEN, when(140), false).time).toBe("2:00");
  });

  it("is told with its age once it is stale, and its time stands still", () => {
    const car = carNow(state({}), BETWEEN, when(400), true);
    expect([car.time, car.age]).toEqual(["1:20", "5:00"]);
  });

  it("has no standing time while it moves, and no landing it does not know", () => {
    expect(carNow(state({ moving: true }), AT, when(110), false)).toMatchObject({ motion: ["now.moving", { floor: "4" }], time: null, between: false });
    expect(carNow(state({ moving: true, floor: null }), null, when(110), false).motion).toEqual(["now.moving_on", {}]);
    expect(carNow(state({ moving: null }), null, when(110), false)).toMatchObject({ motion: null, time: null });
    expect(carNow(state({}, { stopped_at: null }), null, when(110), false)).toMatchObject({ motion: ["now.stopped", {}], time: null });
  });

  it("keeps a landing apart from a stop outside its door zone", () => {
    expect(carNow(state({}), AT, when(110), false).motion).toEqual(["now.outside", { floor: "4" }]);
    expect(carNow(state({ door_zone: true }), AT, when(110), false).motion).toEqual(["now.at", { floor: "4" }]);
  });

  it("says who is inside only as surely as it is known", () => {
    const inside = (sample: Partial<Sample>, part: Partial<LiftState> = {}) => carNow(state({ door: "unknown", ...sample }, part), AT, when(110), false).rest;
    expect(inside({ people: 2 })).toEqual([["now.people", { n: 2 }]]);
    expect(inside({ people: 1 })).toEqual([["now.person", {}]]);
    expect(inside({}, { occupied_by: "moved" })).toEqual([["now.perhaps", {}]]);
    expect(inside({}, { occupied: false })).toEqual([["now.empty", {}]]);
    expect(inside({}, { occupied: null })).toEqual([]);
    expect(inside({ power: "off" })).toEqual([["now.someone", {}], ["now.power_off", {}]]);
  });
});
