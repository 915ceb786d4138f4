import { describe, expect, it } from "vitest";
import { byLift, byNeed, daysBetween, holds, measured, pathOf, percent, ranked, standingOf } from "../src/upkeep/figures";
import type { Due, Standing, Worker } from "../src/upkeep/model";
import { failureOf } from "../src/property/problem";
import { ApiError } from "../src/api";
import { isOutside, parseRoute } from "../src/router";
import { WORDS } from "../src/upkeep/wordlist";

const due = (lift_id: string, kind: Due["kind"], days_left: number): Due => ({
  lift_id, kind, days_left, name: null, rescue_code: null, address: null, building: null, district: null, firm: null, firm_name: null,
  due_on: "2026-03-02", standing: days_left < 0 ? "overdue" : "later", on_demand: false,
});
const worker = (name: string, ...until: string[]): Worker => ({
  id: name, name, phone: null, active: true, qualified: true, certificates: until.map((valid_until) => ({ kind: "T", number: valid_until, valid_until, expired: false })),
});
const row = (name: string, part: Partial<Standing>): Standing => ({
  id: name, name, lifts: 10, overdue_lifts: 0, overdue: 0, overdue_days: 0, worst_days: 0, visits: 0, timed: 0, in_time: 0, late: 0, far: 0,
  orders_open: 0, oldest_order_at: null, checked: 0, doubtful: 0, ...part,
});
const names = (rows: readonly { name: string | null }[]) => rows.map((one) => one.name);

describe("what is due", () => {
  it("is one row for a lift, led by the day that comes first", () => {
    const found = byLift([due("B", "half_month", 5), due("A", "year", 9), due("A", "quarter", -2), due("C", "half_month", 5)]);
    expect(found.map((one) => [one.lift_id, one.first.days_left, one.all.length])).toEqual([["A", -2, 2], ["B", 5, 1], ["C", 5, 1]]);
  });
});

describe("a certificate", () => {
  it("is good on its last day, and ends soon for 30 days before", () => {
    expect(holds("2026-03-01", "2026-03-02")).toBe("ended");
    expect(holds("2026-03-02", "2026-03-02")).toBe("soon");
    expect(holds("2026-04-01", "2026-03-02")).toBe("soon");
    expect(holds("2026-04-02", "2026-03-02")).toBe("good");
  });
  it("counts days over the change of the clocks", () => expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2));
  it("that lasts longest counts", () => {
    expect(standingOf(worker("w", "2026-01-01", "2027-01-01"), "2026-03-02")).toEqual({ holds: "good", until: "2027-01-01" });
    expect(standingOf(worker("w"), "2026-03-02")).toEqual({ holds: "none", until: null });
  });
  it("is needed first by who has none", () => {
    const all = [worker("good", "2027-01-01"), worker("soon", "2026-03-20"), worker("ended", "2026-02-01"), worker("none")];
    expect(names(byNeed(all, "2026-03-02"))).toEqual(["none", "ended", "soon", "good"]);
  });
});

describe("a ranking", () => {
  const now = Date.parse("2026-03-10T00:00:00Z");
  it("has the worst first, and what is not known last", () => {
    const rows = [row("unknown", { visits: 3 }), row("good", { timed: 10, in_time: 10 }), row("bad", { timed: 10, in_time: 2 })];
    expect(names(ranked(rows, "in_time", now))).toEqual(["bad", "good", "unknown"]);
  });
  it("weighs overdue lifts by how many there are", () => {
    const rows = [row("large", { lifts: 1000, overdue_lifts: 20 }), row("small", { lifts: 4, overdue_lifts: 2 })];
    expect(names(ranked(rows, "overdue", now))).toEqual(["small", "large"]);
    expect(measured(row("x", { lifts: 0 }), "overdue", now)).toBeNull();
  });
  it("takes the longest open order first", () => {
    const rows = [row("none", {}), row("day", { oldest_order_at: "2026-03-09T00:00:00Z" }), row("week", { oldest_order_at: "2026-03-03T00:00:00Z" })];
    expect(names(ranked(rows, "oldest", now))).toEqual(["week", "day", "none"]);
  });
  it("shows a small share with a digit more", () => expect([0, 0.0125, 0.5, 1, null].map(percent)).toEqual(["0 %", "1.3 %", "50 %", "100 %", null]));
});

describe("a signature", () => {
  it("is a path in whole units, a tap a dot", () => {
    expect(pathOf([[{ x: 1.4, y: 2.6 }, { x: 3, y: 4 }], [{ x: 9, y: 9 }], []])).toBe("M1 3L3 4M9 9L9 9");
    expect(pathOf([])).toBe("");
  });
});

describe("pages without an account", () => {
  it("take their code, and the lift behind it", () => {
    expect(parseRoute("#/sign/abc_-1")).toEqual({ page: "sign", id: "abc_-1" });
    expect(parseRoute("#/report/kq7m/L-1")).toEqual({ page: "report", id: "kq7m", more: "L-1" });
    expect(parseRoute("#/nothing/x")).toBeNull();
    expect(isOutside("report") && isOutside("sign") && !isOutside("board")).toBe(true);
  });
  it("say what went wrong in both languages where the server does", () => {
    const text = { zh: "已过期", en: "too old" };
    const problem = { title: "x", status: 404, detail: "too old", reason: "old", text };
    expect(failureOf(new ApiError(404, problem))).toEqual({ status: 404, reason: "old", text, message: "too old" });
    expect(failureOf(new ApiError(0, null))).toMatchObject({ status: 0, text: null, reason: null });
  });
});

describe("the offices' words", () => {
  const params = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
  it("fill in the same parameters in both languages", () => {
    for (const [key, words] of Object.entries(WORDS)) {
      expect(words.zh, key).toMatch(/[\u4e00-\u9fff]/);
      expect([key, params(words.zh)]).toEqual([key, params(words.en)]);
    }
  });
});
