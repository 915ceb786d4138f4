import { describe, expect, it } from "vitest";
import { chart, shiftOf, SPAN } from "../src/board/lanes";
import type { Evidence, Sample } from "../src/model";

const T = 1_700_000_000_000;
const sample = (second: number, part: Partial<Sample> = {}): Sample => ({
  ts: T + second * 1000, mode: "normal", floor: "4", moving: false, door_zone: true, door: "closed", occupied: true, power: "mains", faults: [], ...part,
});
const evidence = (samples: Sample[], events: Evidence["events"] = []): Evidence => ({ rule: "outside_zone", occupied_by: "sensor", thresholds: {}, since: null, samples, events });
const lane = (drawn: ReturnType<typeof chart>, id: string) => drawn?.lanes.find((one) => one.id === id);

describe("the strip chart", () => {
  it("holds a value until the next sample and joins equals", () => {
    const drawn = chart(evidence([sample(-120), sample(-60, { door_zone: false }), sample(-30, { door_zone: false }), sample(0, { door_zone: false })]), T);
    expect(lane(drawn, "zone")?.spans.map((span) => [span.from - T, span.to - T, span.tone])).toEqual([[-120_000, -60_000, "quiet"], [-60_000, 0, "notable"]]);
  });

  it("cuts at three minutes and still shows what held before", () => {
    const drawn = chart(evidence([sample(-400, { door: "open" }), sample(-10)]), T);
    expect(drawn?.start).toBe(T - SPAN);
    expect(lane(drawn, "door")?.spans[0]).toMatchObject({ from: T - SPAN, to: T - 10_000, value: "door.open" });
  });

  it("never draws what nobody measured as normal", () => {
    const drawn = chart(evidence([sample(-10, { occupied: null, door_zone: null, door: "unknown" }), sample(0, { occupied: null, door_zone: null, door: "unknown" })]), T);
    for (const id of ["occupied", "zone", "door"]) expect(lane(drawn, id)?.spans.map((span) => span.tone)).toEqual(["unknown"]);
  });

  it("moves a wrong device clock onto the platform's", () => {
    const wrong = [sample(-3600 - 60), sample(-3600, { received_at: new Date(T).toISOString() })];
    expect(shiftOf(wrong)).toBe(3_600_000);
    expect(chart(evidence(wrong), T)?.end).toBe(T);
  });

  it("draws a code from its event until it is cleared, and one from samples", () => {
    const drawn = chart(evidence([sample(-20, { faults: ["power_loss"] }), sample(-5)], [
      { ts: T - 50_000, code: "alarm_button", active: true }, { ts: T - 30_000, code: "alarm_button", active: false },
    ]), T);
    const codes = drawn?.lanes.filter((one) => one.id === "codes").map((one) => [one.code, one.spans.map((span) => [span.from - T, span.to - T])]);
    expect(codes).toEqual([["power_loss", [[-20_000, -5000]]], ["alarm_button", [[-50_000, -30_000]]]]);
  });

  it("shades from where the condition began to where it was decided, as far as it is drawn", () => {
    const told = { ...evidence([sample(-60), sample(0)]), since: new Date(T - 50_000).toISOString(), decided_at: new Date(T + 2_000).toISOString() };
    const drawn = chart(told, T);
    expect(drawn?.end).toBe(T + 2_000);
    expect(drawn?.condition).toEqual({ from: T - 50_000, to: T + 2_000 });
    expect(chart({ ...told, since: new Date(T - 900_000).toISOString() }, T)?.condition?.from).toBe(drawn?.start);
    expect(chart({ ...told, since: told.decided_at }, T)?.condition).toBeNull();
  });

  it("draws a way from sample to sample, and a standing car where it stands", () => {
    const drawn = chart(evidence([
      sample(-60, { position: 3, floor: "2" }), sample(-20, { position: 3, moving: true, floor: "2" }), sample(-10, { position: 9, floor: "4" }), sample(0, { position: 9, floor: "4" }),
    ]), T);
    expect(drawn?.height?.points.map(({ at, value }) => [at - T, value])).toEqual([[-60_000, 3], [-20_000, 3], [-20_000, 3], [-10_000, 9], [0, 9], [0, 9], [0, 9]]);
    expect(drawn?.height?.floors.map(({ at, floor }) => [at - T, floor])).toEqual([[-60_000, "2"], [-10_000, "4"]]);
    expect(chart(evidence([sample(-5, { floor: null }), sample(0, { floor: null })]), T)?.height).toBeNull();
  });

  it("is nothing without evidence", () => expect(chart(evidence([]), T)).toBeNull());
});
