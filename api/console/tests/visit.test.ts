import { describe, expect, it } from "vitest";
import { faults, limits, values } from "../src/visit/check";
import { fold, lifeDue, missing } from "../src/visit/fold";
import { liftOf, nameOf, sha256, uuid7 } from "../src/visit/ids";
import type { Draft, Due, Item, Op, OpName, Plan, ServerDetail, Synced } from "../src/visit/model";
import { batch, isSilence, joined, photosOf, settled, stale } from "../src/visit/outbox";
import { grouped, placeOf } from "../src/visit/place";
import { find, itemsOf, newest, round, wanted } from "../src/visit/round";
import { filled, WORDS } from "../src/visit/table";

const item = (code: string, part: Partial<Item> = {}): Item => ({
  code, kind: "half_month", zh: code, en: code, must_zh: "", must_en: "", judge: "qualitative", unit: null, least: null, most: null, key: false, verified: true, ...part,
});
const LOCK = item("A-1-29", { judge: "number", unit: "mm", least: 7 });
const HOT = item("X-1-1", { judge: "number", unit: "°C", most: 40 });
const TEST = item("A-1-6", { key: true });
const LIFT = { lift_id: "L-1", name: "1", rescue_code: "100001", building: "B", address: null, lift_class: "traction", lat: null, lon: null };

/** A technician's taps, a minute apart. */
function draft(...taps: [OpName, Record<string, unknown>?, Partial<Op>?][]): Draft {
  const ops = taps.map(([op, body = {}, part], i): Op => ({
    visit: "v", n: i + 1, id: `v-${i + 1}`, op, body, at: new Date(Date.UTC(2026, 2, 2, 1, i)).toISOString(), sending: "kept", ...part,
  }));
  return { id: "v", user: "u", device: "d", lift: LIFT, kind: "half_month", items: [item("a"), item("b")], made_at: "2026-03-02T01:00:00Z", ops };
}
const IN: [OpName, Record<string, unknown>] = ["check_in", { kind: "half_month", worker_id: "w1", alone: true, interval_s: 900 }];
const DRAWING = { kind: "svg", data: "M0 0L1 1" };
const normal = (code: string): [OpName, Record<string, unknown>] => ["results", { results: [{ code, outcome: "normal" }] }];

describe("a result", () => {
  it("is judged as the server judges it, with everything that is wrong at once", () => {
    expect(faults(LOCK, { code: "", outcome: "normal" })).toEqual([{ field: "value", fault: "value_missing" }]);
    expect(faults(LOCK, { code: "", outcome: "normal", value: 6.9 })).toEqual([{ field: "value", fault: "value_outside" }]);
    expect(faults(LOCK, { code: "", outcome: "normal", value: 7 })).toEqual([]);
    expect(faults(item("a"), { code: "", outcome: "abnormal", text: "  " }).map((one) => one.fault)).toEqual(["text_missing", "photo_missing"]);
    expect(faults(TEST, { code: "", outcome: "normal" }).map((one) => one.fault)).toEqual(["test_photo_missing"]);
    expect(faults(TEST, { code: "", outcome: "normal", photos: ["p"] })).toEqual([]);
    expect(faults(TEST, { code: "", outcome: "not_applicable" })).toEqual([]);
    expect(faults(LOCK, { code: "", outcome: "abnormal", text: "x", photos: ["p"] })).toEqual([]);
  });

  it("offers values within the limits, from the limit on", () => {
    expect([limits(LOCK), limits(HOT)]).toEqual(["≥ 7 mm", "≤ 40 °C"]);
    expect(values(LOCK)).toEqual([7, 7.5, 8, 8.5, 9, 9.5, 10]);
    expect(values(HOT)).toEqual([40, 38, 36, 34, 32, 30, 28]);
    expect(values({ ...LOCK, least: 2, most: 5 })).toEqual([2, 2.5, 3, 3.5, 4, 4.5, 5]);
    expect(values({ ...LOCK, least: null, most: 2 }).every((value) => value >= 0 && value <= 2)).toBe(true);
    for (const one of [LOCK, HOT]) for (const value of values(one)) expect(faults(one, { code: "", outcome: "normal", value })).toEqual([]);
    expect(values(item("a"))).toEqual([]);
  });
});

describe("the visit on the phone", () => {
  it("goes the server's way from check-in to complete", () => {
    const taps: Parameters<typeof draft> = [IN, normal("a"), normal("b"), ["sign", { worker_id: "w1", drawing: DRAWING }], ["check_out"], ["countersign", { name: "Z", drawing: DRAWING }]];
    expect(taps.map((_, i) => fold(draft(...taps.slice(0, i + 1))).state)).toEqual(["on_site", "on_site", "on_site", "on_site", "left", "complete"]);
  });

  it("says all that a check-out lacks", () => {
    const seen = fold(draft(IN, normal("a"), ["second", { second_id: "w2" }], ["sign", { worker_id: "w2", drawing: DRAWING }]));
    const lacks = missing(seen, [item("a"), item("b")]);
    expect([lacks.items.map((one) => one.code), lacks.signatures]).toEqual([["b"], ["w1"]]);
  });

  it("takes signatures away when the record changes after them", () => {
    const signed = draft(IN, ["sign", { worker_id: "w1", drawing: DRAWING }], ["countersign", { name: "Z", drawing: DRAWING }]);
    expect(fold(signed)).toMatchObject({ sign_again: false, officer: { name: "Z" } });
    const after = fold(draft(IN, ["sign", { worker_id: "w1", drawing: DRAWING }], ["countersign", { name: "Z", drawing: DRAWING }], ["part", { name: "x" }]));
    expect(after).toMatchObject({ signatures: [], officer: null, sign_again: true });
  });

  it("does nothing while it is interrupted, and nothing that was refused", () => {
    expect(fold(draft(IN, ["pause"], normal("a"))).results.size).toBe(0);
    expect(fold(draft(IN, ["pause"], ["resume"], normal("a"))).results.size).toBe(1);
    expect(fold(draft([...IN, { sending: "refused" }], normal("a"))).state).toBe("new");
  });

  it("waits for a sign of life of one who is alone, and for nobody else", () => {
    const at = (minute: number): number => Date.UTC(2026, 2, 2, 1, minute);
    expect(lifeDue(fold(draft(IN)))).toBe(at(15));
    expect(lifeDue(fold(draft(IN, normal("a"), ["alive"])))).toBe(at(17));
    expect(lifeDue(fold(draft(IN, ["pause"])))).toBeNull();
    expect(lifeDue(fold(draft(IN, ["second", { second_id: "w2" }])))).toBeNull();
  });

  it("goes on from where another phone has left it", () => {
    const base = {
      state: "on_site", people: [{ id: "w1", name: "W" }], alone: false, began_at: "2026-03-02T00:00:00Z", left_at: null, parts: [], notes: [], signatures: [],
      countersigned: null, items: [{ ...item("a"), outcome: "normal", value: null, text: null, photos: [] }, { ...item("b"), outcome: null, value: null, text: null, photos: [] }],
    } as unknown as ServerDetail;
    const seen = fold({ ...draft(), base });
    expect([seen.state, seen.worker, missing(seen, base.items).items.map((one) => one.code)]).toEqual(["on_site", "w1", ["b"]]);
  });
});

describe("what goes out", () => {
  it("is in the phone's order, with its place and time, and only what is not there yet", () => {
    const sent = draft([...IN, { sending: "sent" }], normal("a"), ["alive"]);
    expect(batch(sent, "S")).toEqual({
      visit: "v", lift_id: "L-1", device: "d", sent_at: "S",
      operations: [
        { id: "v-2", op: "results", n: 2, at: "2026-03-02T01:01:00.000Z", results: [{ code: "a", outcome: "normal" }] },
        { id: "v-3", op: "alive", n: 3, at: "2026-03-02T01:02:00.000Z" },
      ],
    });
    expect(batch(draft([...IN, { sending: "sent" }]), "S")).toBeNull();
  });

  it("stays on the phone until there is an answer, and a refusal keeps its words", () => {
    const text = { zh: "不", en: "no" };
    const answer = { operations: [{ id: "v-1", outcome: "applied", reason: null, text: null, marks: [] }, { id: "v-2", outcome: "refused", reason: "x", text, marks: [] }] } as unknown as Synced;
    const ops = settled(draft(IN, normal("a"), ["alive"]).ops, answer);
    expect(ops.map((one) => one.sending)).toEqual(["sent", "refused", "kept"]);
    expect(ops[1]?.why).toEqual(text);
  });

  it("takes silence, an overloaded server and a lost session for no answer", () => {
    expect([0, 401, 403, 408, 429, 500, 503].every(isSilence)).toBe(true);
    expect([400, 404, 409, 413, 415, 422].some(isSilence)).toBe(false);
  });

  it("loses no tap that was made while the disk was read", () => {
    const read = draft(IN);
    const shown = draft(IN, normal("a"));
    expect(joined(read, shown).ops.map((one) => one.n)).toEqual([1, 2]);
    expect(joined(shown, read).ops.map((one) => one.n)).toEqual([1, 2]);
    expect(joined(read, undefined).ops).toHaveLength(1);
  });

  it("is let go only a week after all of it is with the server", () => {
    const over = draft([...IN, { sending: "sent" }], ["check_out", {}, { sending: "sent" }]);
    const later = (days: number): number => Date.UTC(2026, 2, 2 + days, 2);
    expect(stale([over], () => 0, later(8))).toEqual(["v"]);
    expect(stale([over], () => 0, later(6))).toEqual([]);
    expect(stale([over], () => 1, later(60)), "a picture waits").toEqual([]);
    expect(stale([draft(IN, ["check_out"])], () => 0, later(60)), "it was never sent").toEqual([]);
    expect(stale([draft([...IN, { sending: "sent" }])], () => 0, later(60)), "it goes on").toEqual([]);
  });

  it("knows its photos", () => {
    expect([...photosOf(draft(["results", { results: [{ code: "a", photos: ["p1"] }] }], ["note", { text: "x", photos: ["p2"] }]).ops)]).toEqual(["p1", "p2"]);
  });
});

describe("names", () => {
  it("of visits are UUIDs of version 7 that sort by time", () => {
    const made = [1_772_413_200_000, 1_772_413_200_001, 1_772_500_000_000].map((now) => uuid7(now));
    for (const one of made) expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...made].sort()).toEqual(made);
    expect(Number.parseInt(made[0]!.replaceAll("-", "").slice(0, 12), 16)).toBe(1_772_413_200_000);
  });

  it("of photos are their SHA-256, with and without the browser's own", async () => {
    const of = (text: string): string => sha256(new TextEncoder().encode(text));
    expect(of("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(of("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (const size of [55, 56, 63, 64, 65, 1000]) {
      const data = new Uint8Array(size).map((_, i) => (i * 7) % 256);
      expect(await nameOf(new Blob([data])), String(size)).toBe(sha256(data));
    }
  });

  it("of lifts come from the code on the car as the server reads it", () => {
    for (const text of ["L-1", " L-1 ", "https://lift.example/lifts/L-1", "https://x.example/a#/lift/L-1/"]) expect(liftOf(text)).toBe("L-1");
    expect(liftOf("430001")).toBe("430001");
    for (const text of ["", "two words", "https://", "https://shop.example/?a=b", "https://x/%E0%A4%A"]) expect(liftOf(text), text).toBeNull();
  });
});

describe("the round", () => {
  const due = (lift: string, part: Partial<Due> = {}): Due => ({
    lift_id: lift, rescue_code: `1${lift}`, name: lift, lift_class: "traction", address: null, building: null, district: null, lat: 27.8, lon: 113.1,
    kind: "half_month", due_on: "2026-03-05", days_left: 5, standing: "later", on_demand: false, ...part,
  });
  const here = { lat: 27.8, lon: 113.1, at: 0 };

  it("has each lift once: what presses first, the nearest first among equals", () => {
    const stops = round([
      due("a"), due("b", { lat: 27.9 }), due("c", { standing: "overdue", days_left: -2, lat: 28 }), due("d", { standing: "overdue", days_left: -1, lat: 27.81 }),
      due("a", { kind: "year", days_left: 100 }), due("e", { standing: "soon", days_left: 1, lat: null }),
    ], here);
    expect(stops.map((one) => one.lift.lift_id)).toEqual(["d", "c", "e", "a", "b"]);
    expect(Math.round(stops[0]!.metres!)).toBe(1112);
    expect(stops[2]!.metres).toBeNull();
  });

  it("goes by due day without a position", () => {
    expect(round([due("a", { days_left: 9 }), due("b", { days_left: 4 })], null).map((one) => one.lift.lift_id)).toEqual(["b", "a"]);
  });

  it("proposes the longest kind that presses, for it includes the shorter ones", () => {
    expect(wanted([due("a", { standing: "soon", days_left: 0 }), due("a", { kind: "quarter", standing: "soon", days_left: 3 }), due("a", { kind: "year", days_left: 50 })])?.kind).toBe("quarter");
    expect(wanted([due("a"), due("a", { kind: "year", days_left: 50 })])?.kind).toBe("half_month");
    expect(wanted([])).toBeNull();
    const [stop] = round([due("a", { standing: "overdue", days_left: -1 }), due("a", { kind: "quarter", standing: "soon", days_left: 3 })], null);
    expect([stop?.kind, stop?.standing, stop?.days_left]).toEqual(["quarter", "overdue", -1]);
  });

  it("finds a lift by id before rescue code", () => {
    const stops = round([due("100"), due("00")], null); // the code of "00" is "100"
    expect(find(stops, "100")?.lift.lift_id).toBe("100");
    expect(find(stops, "1100")?.lift.lift_id).toBe("100");
    expect(find(stops, "x")).toBeNull();
  });

  it("takes the plan that the server will take, and the items of the shorter kinds", () => {
    const heads = [{ id: "p1", version: 1, firm_id: null }, { id: "p2", version: 2, firm_id: null }, { id: "f1", version: 1, firm_id: "F" }, { id: "g9", version: 9, firm_id: "G" }]
      .map((one) => ({ ...one, lift_class: "traction" }));
    expect(newest(heads, "traction", "F")?.id).toBe("f1");
    expect(newest(heads, "traction", "H")?.id).toBe("p2");
    expect(newest(heads, "hoist", "F")).toBeNull();
    const plan = { ...heads[0]!, items: [item("a"), item("b", { kind: "quarter" }), item("c", { kind: "year" })] } as Plan;
    expect(itemsOf(plan, "quarter").map((one) => one.code)).toEqual(["a", "b"]);
  });
});

describe("the walk", () => {
  it("goes from the machine room to the pit, with every item once", () => {
    const items = ["底坑环境", "机房、滑轮间环境", "轿顶", "层门地坎", "轿门运行", "井道照明", "层门和轿门旁路装置", "什么"].map((zh) => item(zh, { zh }));
    const groups = grouped(items);
    expect(groups.map((one) => one.place)).toEqual(["machine", "shaft", "car_roof", "car", "landing", "pit", "other"]);
    expect(groups.flatMap((one) => one.items)).toHaveLength(items.length);
    expect(placeOf(item("x", { zh: "层门和轿门旁路装置" }))).toBe("machine");
  });

  it("is one list where the words say nothing of places", () => {
    const items = ["梯级", "扶手带", "梳齿板"].map((zh) => item(zh, { zh }));
    expect(grouped(items)).toEqual([{ place: "other", items }]);
    expect(grouped([])).toEqual([]);
  });
});

describe("the words", () => {
  it("are there in both languages, with the same parameters", () => {
    const params = (text: string): string[] => [...text.matchAll(/\{(\w+)[|}]/g)].map((match) => match[1] ?? "").sort();
    for (const [key, [zh, en]] of Object.entries(WORDS)) {
      expect(zh, key).toMatch(/[\u4e00-\u9fff]/);
      expect(en, key).toMatch(/[A-Za-z]/);
      expect(params(zh), key).toEqual(params(en));
    }
  });

  it("count one thing as one", () => {
    expect([1, 2, 0].map((n) => filled("{n|day|days} left", { n }))).toEqual(["1 day left", "2 days left", "0 days left"]);
    expect(filled("{a} and {b}", { a: "x" })).toBe("x and {b}");
  });
});
