import { describe, expect, it } from "vitest";
import { type Counts, figures, reach, ruleOf, seconds, stack, VERDICTS } from "../src/shadow/figures";

const counts = (some: Partial<Counts>): Counts => ({ ...(Object.fromEntries(VERDICTS.map((one) => [one, 0])) as unknown as Counts), ...some });

describe("the figures side by side", () => {
  it("count each case once on either side", () => {
    const all = counts({
      both_caught: 1, shadow_caught: 2, shadow_missed: 4, both_missed: 8, both_false: 16, shadow_false: 32,
      shadow_spared: 64, both_open: 128, shadow_only: 256, live_only: 512,
    });
    const { live, shadow, trapped } = figures(all, { live: 3, shadow: 5 });
    expect(live).toEqual({ caught: 5, missed: 10, falsely: 80, unknown: 640, suspicions: 3 });
    expect(shadow).toEqual({ caught: 3, missed: 12, falsely: 48, unknown: 384, suspicions: 5 });
    expect(trapped).toBe(15);
    expect(live.caught + live.missed).toBe(trapped);
    expect(shadow.caught + shadow.missed).toBe(trapped);
  });
});

describe("seconds", () => {
  it.each([[12.4, "+12 s"], [-12.6, "−13 s"], [0, "±0 s"], [0.04, "±0 s"], [3.14, "+3.1 s"], [-0.5, "−0.5 s"]])("of %d are %s", (value, text) => {
    expect(seconds(value)).toBe(text);
  });
});

describe("a threshold's name", () => {
  it("is taken apart where it belongs to a rule", () => {
    expect(ruleOf("rules.outside_zone.confirm_s")).toEqual({ rule: "outside_zone", step: "confirm_s" });
    expect(ruleOf("conditions.occupied_s")).toBeNull();
  });
});

describe("the picture of the seconds", () => {
  it("has an axis that holds all of them", () => {
    expect(reach([])).toBe(10);
    expect(reach([-31, 12])).toBe(60);
    expect(reach([5000])).toBe(7200);
  });

  it("stacks dots that would cover each other", () => {
    expect(stack([0, 5, 11, 12, 30], 11)).toEqual([0, 1, 0, 2, 0]);
  });
});
