import { expect, test } from "vitest";
import { liftName } from "../src/lift/name";

test("a lift is called by its building first, once", () => {
  expect(liftName({ lift_id: "1", name: "1号梯", building: "湘岸新苑1栋" })).toBe("湘岸新苑1栋 1号梯");
  expect(liftName({ lift_id: "1", name: "湘岸新苑1栋 1号梯", building: "湘岸新苑1栋" })).toBe("湘岸新苑1栋 1号梯");
  expect(liftName({ lift_id: "1", name: null, building: null })).toBe("1");
});
