import { describe, expect, it } from "vitest";
import type { Incident } from "../src/model";
import { at, incident } from "./incident";
import { arrivals, decidesItself, fold, groupOf, mayMove, neighbour, order, relisted, REST_MS } from "../src/queue";

describe("the order of the queue", () => {
  it("puts unacknowledged before acknowledged, P1 before P2, the longest waiting first", () => {
    const list = [
      incident("acked-old", { acknowledged_at: at(1), opened_at: at(1) }),
      incident("p2", { priority: "P2", opened_at: at(2) }),
      incident("new", { opened_at: at(9) }),
      incident("old", { opened_at: at(3) }),
    ];
    expect(order(list)).toEqual(["old", "new", "p2", "acked-old"]);
  });

  it("keeps what never rings below a rescue in progress", () => {
    const list = [incident("offline", { kind: "offline", priority: "P3" }), incident("rescue", { acknowledged_at: at(1), opened_at: at(5) })];
    expect(order(list)).toEqual(["rescue", "offline"]);
  });

  it("brings an acknowledged rescue back up when it rings again", () => {
    const list = [incident("again", { acknowledged_at: at(1), ringing: true, opened_at: at(8) }), incident("quiet", { acknowledged_at: at(1) })];
    expect(order(list)).toEqual(["again", "quiet"]);
    expect(groupOf(list[0] as Incident)).toBe("act");
  });

  it("puts what asks somebody before what decides itself, people before an empty car, the new before what rings again", () => {
    const list = [
      incident("doubt", { state: "suspected", opened_at: at(1) }),
      incident("empty", { kind: "danger", ringing: true, opened_at: at(2) }),
      incident("again", { acknowledged_at: at(4), ringing: true, opened_at: at(3) }),
      incident("asks", { state: "suspected", waits_for_person: true, ringing: true, opened_at: at(8) }),
      incident("new", { ringing: true, opened_at: at(9) }),
    ];
    expect(order(list)).toEqual(["asks", "new", "again", "empty", "doubt"]);
    expect(list.map(decidesItself)).toEqual([true, false, false, false, false]);
  });

  it("drops what has ended and keeps what is released", () => {
    const list = [incident("closed", { state: "closed" }), incident("cleared", { state: "cleared" }), incident("released", { state: "released" })];
    expect(order(list)).toEqual(["released"]);
  });

  it("is stable for equals", () => {
    const list = [incident("b"), incident("a"), incident("c")];
    expect(order(list)).toEqual(order([...list].reverse()));
  });
});

describe("a list that comes in while the stream speaks", () => {
  it("drops no alarm that was told after the list was made, and takes back no newer state", () => {
    const old = incident("old");
    const gone = incident("gone");
    const before = new Map([old, gone].map((one) => [one.id, one]));
    const newer = incident("old", { version: 3 });
    const fresh = incident("fresh");
    const present = new Map([newer, gone, fresh].map((one) => [one.id, one]));
    const next = relisted([incident("old", { version: 2 }), incident("more")], before, present);
    expect([...next.keys()].sort()).toEqual(["fresh", "more", "old"]);
    expect(next.get("old")).toBe(newer);
  });

  it("takes the list where it is newer", () => {
    const known = new Map([["a", incident("a")]]);
    expect(relisted([incident("a", { version: 2 })], known, known).get("a")?.version).toBe(2);
  });
});

describe("a hand over the queue", () => {
  it("holds the rows while it moves, and lets go when it rests or leaves", () => {
    expect(mayMove({ inside: true, movedAt: 1000 }, 1000 + REST_MS - 1)).toBe(false);
    expect(mayMove({ inside: true, movedAt: 1000 }, 1000 + REST_MS)).toBe(true);
    expect(mayMove({ inside: false, movedAt: 1000 }, 1001)).toBe(true);
  });

  it("counts what is waiting to come in", () => {
    expect(arrivals(["a", "b"], ["c", "a", "d", "b"])).toEqual(["c", "d"]);
  });
});

describe("moving by key", () => {
  it("starts at the top and stays inside", () => {
    expect(neighbour(["a", "b"], null, 1)).toBe("a");
    expect(neighbour(["a", "b"], "a", 1)).toBe("b");
    expect(neighbour(["a", "b"], "b", 1)).toBe("b");
    expect(neighbour(["a", "b"], "a", -1)).toBe("a");
    expect(neighbour([], "a", 1)).toBeNull();
    expect(neighbour(["a"], "gone", -1)).toBe("a");
  });
});

describe("folding", () => {
  it("folds the quiet faults of one lift and never what rings", () => {
    const list = [
      incident("r1", { lift_id: "x" }),
      incident("f1", { lift_id: "x", kind: "fault", priority: "P3" }),
      incident("f2", { lift_id: "x", kind: "fault", priority: "P4" }),
      incident("f3", { lift_id: "y", kind: "fault", priority: "P3" }),
      incident("s1", { lift_id: null, kind: "system", priority: "P3" }),
      incident("s2", { lift_id: null, kind: "system", priority: "P3" }),
    ];
    const byId = new Map(list.map((one) => [one.id, one]));
    expect(fold(list.map((one) => one.id), byId)).toEqual([
      { id: "r1", members: [] }, { id: "f1", members: ["f2"] }, { id: "f3", members: [] }, { id: "s1", members: [] }, { id: "s2", members: [] },
    ]);
  });

  it("puts what belongs to an area under it, but never a rescue", () => {
    const list = [
      incident("o1", { kind: "offline", priority: "P3", area: "area" }),
      incident("area", { kind: "area", priority: "P2", lift_id: null }),
      incident("inside", { area: "area" }),
      incident("o2", { kind: "offline", priority: "P3", area: "area" }),
    ];
    const byId = new Map(list.map((one) => [one.id, one]));
    expect(fold(list.map((one) => one.id), byId)).toEqual([{ id: "area", members: ["o1", "o2"] }, { id: "inside", members: [] }]);
  });

  it("puts the suspicions for which the blind alarm rings under it, until one rings for itself", () => {
    const list = [
      incident("blind", { kind: "system", code: "blind", lift_id: null, ringing: true }),
      incident("s1", { lift_id: "x", state: "suspected", area: "blind" }),
      incident("s2", { lift_id: "y", state: "suspected", area: "blind", ringing: true }),
      incident("c1", { lift_id: "z", state: "confirmed", area: "blind" }),
    ];
    const byId = new Map(list.map((one) => [one.id, one]));
    expect(fold(list.map((one) => one.id), byId)).toEqual([{ id: "blind", members: ["s1"] }, { id: "s2", members: [] }, { id: "c1", members: [] }]);
  });
});
