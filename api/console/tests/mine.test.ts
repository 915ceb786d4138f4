import { describe, expect, it } from "vitest";
import { keep, nextTap, settle, type Tap } from "../src/mine/outbox";
import { parseRoute, signinCode } from "../src/router";

const tap = (key: string, part: Partial<Tap> = {}): Tap => ({ key, user: "u", incident: "i", action: "arrive", body: { assignment_id: "a" }, at: "2026-01-01T00:00:00Z", ...part });

describe("a crew's taps", () => {
  it("are kept through silence and let go by any answer", () => {
    const list = keep([], tap("1"));
    expect(settle(list, "1", "no_answer")).toHaveLength(1);
    expect(settle(list, "1", "taken")).toHaveLength(0);
    expect(settle(list, "1", "refused")).toHaveLength(0);
  });

  it("are not doubled by an impatient thumb", () => {
    const list = keep(keep([], tap("1")), tap("2"));
    expect(list.map((one) => one.key)).toEqual(["1"]);
    expect(keep(list, tap("3", { action: "release" }))).toHaveLength(2);
  });

  it("go out in order, and only for the person who made them", () => {
    const list = [tap("1", { user: "other" }), tap("2"), tap("3", { action: "release" })];
    expect(nextTap(list, "u")?.key).toBe("2");
    expect(nextTap(list, "nobody")).toBeNull();
  });
});

describe("the address", () => {
  it("carries a one-time code or a page, never both", () => {
    expect(signinCode("#signin=ab%20c")).toBe("ab c");
    expect(signinCode("#/board")).toBeNull();
    expect(parseRoute("#/lifts/A%2Fb")).toEqual({ page: "lifts", id: "A/b" });
    expect(parseRoute("#signin=x")).toBeNull();
    expect(parseRoute("#/board/%E0%A4%A")).toEqual({ page: "board", id: null });
  });
});
