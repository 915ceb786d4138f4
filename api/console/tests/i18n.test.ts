import { describe, expect, it } from "vitest";
import { CODES, REASONS } from "../src/i18n/codes";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { BINDINGS } from "../src/keyboard";

const params = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();

describe("the two languages", () => {
  it("have the same keys", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  });

  it("fill in the same parameters", () => {
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect([key, params(zh[key])]).toEqual([key, params(en[key])]);
  });

  it("leave nothing empty", () => {
    for (const table of [zh, en]) for (const [key, text] of Object.entries(table)) expect(text.trim(), key).not.toBe("");
  });

  it("name every key of the keyboard", () => {
    for (const { command } of BINDINGS) expect(en).toHaveProperty([`key.${command}`]);
  });

  it("know the fault catalogue and every rule of the contract", () => {
    expect(Object.keys(CODES)).toHaveLength(37);
    expect(Object.keys(REASONS).sort()).toEqual([
      "alarm_pressed", "caller", "chain_open", "controller_says", "danger_occupied", "door_wont_open",
      "long_stay", "no_progress", "outside_zone", "power_lost", "silence",
    ]);
    for (const words of [...Object.values(CODES), ...Object.values(REASONS)]) {
      expect(words.zh).toMatch(/[\u4e00-\u9fff]/);
      expect(words.en).not.toBe("");
    }
  });
});
