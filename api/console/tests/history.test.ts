import { describe, expect, it } from "vitest";
import { at, history, share, ticks, timeOf } from "../src/lift/history";
import type { Sample } from "../src/model";

const T = 1_700_000_000_000;
const sample = (second: number, part: Partial<Sample> = {}): Sample => ({ ts: T + second * 1000, door: "closed", speed: 0, position: 3, faults: [], ...part });

describe("a lift's history", () => {
  it("breaks the line where nothing was heard", () => {
    const drawn = history([sample(-600), sample(-100)], [], T - 700_000, T, 95_000);
    expect(drawn.gaps.map((gap) => [gap.from - T, gap.to - T])).toEqual([[-700_000, -600_000], [-505_000, -100_000], [-5000, T - T]]);
    expect(drawn.speed.some((point) => point.value === null)).toBe(true);
  });

  it("joins door states and keeps codes from samples and events", () => {
    const drawn = history([sample(-30, { faults: ["drive_fault"] }), sample(-20), sample(-10, { door: "open" })], [{ ts: T - 25_000, code: "alarm_button", active: true }, { ts: T - 15_000, code: "alarm_button", active: false }], T - 60_000, T, 95_000);
    expect(drawn.door.map((span) => [span.from - T, span.to - T, span.value])).toEqual([[-30_000, -10_000, "closed"], [-10_000, 0, "open"]]);
    expect(drawn.codes.map(({ code, spans }) => [code, spans.map((span) => [span.from - T, span.to - T])])).toEqual([
      ["drive_fault", [[-30_000, -20_000]]], ["alarm_button", [[-25_000, -15_000]]],
    ]);
  });

  it("draws a sample with a dead clock where it was received, and a late one where it happened", () => {
    const received_at = new Date(T).toISOString();
    expect(timeOf({ ts: 0, received_at })).toBe(T);
    expect(timeOf(sample(-600, { received_at, late: true }))).toBe(T - 600_000);
  });

  it("reads the sample that held at a moment", () => {
    const list = [sample(-10, { floor: "2" }), sample(-30, { floor: "1" })];
    expect(at(list, T - 15_000)?.floor).toBe("1");
    expect(at(list, T - 40_000)).toBeNull();
  });

  it("shows how far a step went, within the span that is drawn", () => {
    const bucket = (second: number): string => new Date(T + second * 1000).toISOString();
    const steps = [
      sample(-95, { bucket: bucket(-150), extremes: { speed: { min: 0, max: 1 }, position: { min: 0, max: 9 } } }),
      sample(-35, { bucket: bucket(-90), extremes: { speed: { min: 0, max: 2 } } }),
    ];
    const drawn = history([...steps, sample(-5)], [], T - 120_000, T, 150_000, 60_000);
    expect(drawn.bands.speed.map((one) => [one.from - T, one.to - T, one.low, one.high])).toEqual([[-120_000, -90_000, 0, 1], [-90_000, -30_000, 0, 2]]);
    expect(drawn.bands.position).toHaveLength(1);
    expect(history([sample(-5)], [], T - 120_000, T, 150_000).bands.speed).toEqual([]);
  });

  it("says which part of a step the car moved, and nothing of a single sample", () => {
    expect(share(sample(0, { seconds: { known: 40, moving: 10, door_open: 0 } }), "moving")).toBe(25);
    expect(share(sample(0, { seconds: { known: 40, moving: 10, door_open: 0 } }), "door_open")).toBe(0);
    expect(share(sample(0, { seconds: { known: 0, moving: 0 } }), "moving")).toBeNull();
    expect(share(sample(0), "moving")).toBeNull();
  });

  it("has few, round ticks", () => {
    for (const span of [3_600_000, 86_400_000, 604_800_000, 7_776_000_000]) {
      const list = ticks(T - span, T, 8);
      expect(list.length).toBeGreaterThan(1);
      expect(list.length).toBeLessThanOrEqual(9);
    }
  });
});
