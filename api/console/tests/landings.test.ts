import { describe, expect, it } from "vitest";
import { carHeight, heights, labelled, landingsOf, learned, placeOfCar } from "../src/lift/landings";
import type { Sample } from "../src/model";

const at = (part: Partial<Sample>): Sample => ({ ts: 0, moving: false, door_zone: true, ...part });

describe("landings", () => {
  it("takes names as registered, and what was seen where nothing is", () => {
    expect(landingsOf(["B1", "1", "2"])).toEqual(["B1", "1", "2"]);
    expect(landingsOf(3)).toEqual(["1", "2", "3"]);
    expect(landingsOf(null, ["3", "B2", "1", "B1", null, "3"])).toEqual(["B2", "B1", "1", "3"]);
  });

  it("learns heights only at rest inside the zone", () => {
    const known = learned([at({ floor: "2", position: 4.5 }), at({ floor: "3", position: 9, door_zone: false }), at({ floor: "4", position: 9, moving: true })]);
    expect([...known]).toEqual([["2", 4.5]]);
  });

  it("fills in what it has not learned, rising", () => {
    expect(heights(["1", "2", "3"], new Map())).toEqual([0, 3.2, 6.4]);
    expect(heights(["1", "2", "3", "4"], new Map([["3", 8]]))).toEqual([0, 4, 8, 12]);
    const crooked = heights(["1", "2", "3"], new Map([["2", 5], ["3", 4]]));
    expect(crooked.every((one, i) => i === 0 || one > (crooked[i - 1] ?? 0))).toBe(true);
  });

  it("says between which landings a car stands", () => {
    const metres = [0, 3, 6];
    const names = ["1", "2", "3"];
    expect(placeOfCar(at({ floor: "2", position: 4.4, door_zone: false }), names, metres)).toEqual({ kind: "between", a: "2", b: "3" });
    expect(placeOfCar(at({ floor: "2", door_zone: false, direction: "down" }), names, metres)).toEqual({ kind: "between", a: "1", b: "2" });
    expect(placeOfCar(at({ floor: "2", position: 3 }), names, metres)).toEqual({ kind: "at", floor: "2" });
    expect(placeOfCar(null, names, metres)).toBeNull();
    expect(carHeight(at({ floor: null }), names, metres)).toBeNull();
  });

  it("labels the ends and the car's own landing, however many there are", () => {
    for (const own of [0, 7, 31, 63]) {
      const shown = labelled(64, 15, own);
      for (const index of [0, 63, own]) expect(shown.has(index)).toBe(true);
      expect(shown.size).toBeLessThan(20);
    }
  });
});
