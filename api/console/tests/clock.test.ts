import { describe, expect, it } from "vitest";
import { barFraction, duration, marksPassed, Offset } from "../src/clock";

const MIN = 60_000;

describe("durations", () => {
  it.each([
    [0, "0:00"], [-5000, "0:00"], [999, "0:00"], [59_999, "0:59"], [72_000, "1:12"], [59 * MIN + 59_000, "59:59"],
    [60 * MIN, "1:00:00"], [105 * MIN + 9000, "1:45:09"], [24 * 60 * MIN, "1d 00:00"], [76 * 60 * MIN + 10 * MIN, "3d 04:10"],
  ])("%d ms reads %s", (millis, text) => expect(duration(millis)).toBe(text));
});

describe("the clock bar", () => {
  it("puts its limits where the stretches meet", () => {
    expect(barFraction(0)).toBe(0);
    expect(barFraction(3 * MIN)).toBeCloseTo(0.3);
    expect(barFraction(30 * MIN)).toBeCloseTo(0.6);
    expect(barFraction(105 * MIN)).toBeCloseTo(0.9);
    expect(barFraction(500 * MIN)).toBe(1);
    expect(barFraction(-1)).toBe(0);
  });

  it("never runs backwards", () => {
    let last = -1;
    for (let minute = 0; minute <= 130; minute += 0.5) {
      const here = barFraction(minute * MIN);
      expect(here).toBeGreaterThanOrEqual(last);
      last = here;
    }
  });

  it("counts the limits passed", () => {
    expect([2.9, 3, 29, 31, 105, 200].map((minute) => marksPassed(minute * MIN))).toEqual([0, 1, 1, 2, 3, 3]);
  });
});

describe("the server's clock", () => {
  it("trusts the quickest answer", () => {
    const offset = new Offset();
    expect(offset.observe(10_000, 9000)).toBe(1000);
    expect(offset.observe(20_000, 19_400)).toBe(1000); // a slow answer: 600 would be too small
    expect(offset.observe(30_050, 29_000)).toBe(1050);
  });

  it("starts anew when this machine's clock was set", () => {
    const offset = new Offset();
    offset.observe(10_000, 10_000);
    expect(offset.observe(20_000, 3_620_000)).toBe(-3_600_000);
  });
});
