/** Where on a lift an item is done, so that a list reads as a walk from the machine room to the pit. Nothing is decided by it. Pure. */
import type { Item } from "./model";

export type Place = "machine" | "shaft" | "car_roof" | "car" | "landing" | "pit" | "other";
export const PLACES: readonly Place[] = ["machine", "shaft", "car_roof", "car", "landing", "pit", "other"];

// The first that fits counts; in the words of the regulation, which names the part before anything else.
const SIGNS: readonly (readonly [Place, RegExp])[] = [
  ["machine", /旁路|意外移动|联动试验/],
  ["pit", /底坑|缓冲器|缓冲距离|张紧轮|轿底|补偿链/],
  ["car_roof", /轿顶|油杯|导靴上|靴衬|对重|反绳轮|绳头/],
  ["car", /轿门|轿厢平层|轿厢照明|轿厢检修|轿内|称重/],
  ["landing", /层门|层站|消防开关/],
  ["shaft", /井道|导轨|随行电缆|极限开关|安全钳/],
  ["machine", /机房|主机|制动|编码器|限速器|旁路|紧急电动|紧急操作|控制柜|减速机|曳引|电动机|驱动轮|悬挂|选层器|液压|油箱|泵站|导电回路|上行超速/],
];

/** An item of the plan's landing doors and car doors together stands with the landings, where both are seen. */
export const placeOf = (item: Item): Place =>
  SIGNS.find(([place, sign]) => sign.test(item.zh) && !(place === "car" && item.zh.startsWith("层门")))?.[0] ?? "other";

/** Items by place, in the order of the walk and, within a place, of the plan; one group only where nothing is known. */
export function grouped(items: readonly Item[]): { place: Place; items: Item[] }[] {
  const known = items.filter((item) => placeOf(item) !== "other").length;
  if (known * 2 < items.length) return items.length ? [{ place: "other", items: [...items] }] : [];
  return PLACES.map((place) => ({ place, items: items.filter((item) => placeOf(item) === place) })).filter((group) => group.items.length > 0);
}
