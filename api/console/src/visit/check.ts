/** Whether a result can be taken, as the server will judge it: all that is wrong with it at once, each at its field. Pure. */
import type { Item, Result } from "./model";

export type Fault = "value_missing" | "value_outside" | "text_missing" | "photo_missing" | "test_photo_missing";
export interface Wrong { field: "value" | "text" | "photos"; fault: Fault }

export const within = (item: Item, value: number): boolean =>
  (item.least === null || value >= item.least) && (item.most === null || value <= item.most);

/** The limits as people read them: `≥ 7 mm`. */
export function limits(item: Item): string {
  const unit = item.unit ? ` ${item.unit}` : "";
  return [item.least === null ? "" : `≥ ${item.least}${unit}`, item.most === null ? "" : `≤ ${item.most}${unit}`].filter(Boolean).join(", ");
}

export function faults(item: Item, one: Result): Wrong[] {
  const wrong: Wrong[] = [];
  const photos = one.photos ?? [];
  if (item.judge === "number" && one.outcome === "normal") {
    if (one.value === null || one.value === undefined || !Number.isFinite(one.value)) wrong.push({ field: "value", fault: "value_missing" });
    else if (!within(item, one.value)) wrong.push({ field: "value", fault: "value_outside" });
  }
  if (one.outcome === "abnormal") {
    if (!(one.text ?? "").trim()) wrong.push({ field: "text", fault: "text_missing" });
    if (photos.length === 0) wrong.push({ field: "photos", fault: "photo_missing" });
  } else if (item.key && one.outcome === "normal" && photos.length === 0) wrong.push({ field: "photos", fault: "test_photo_missing" });
  return wrong;
}

const COUNT = 7;

/**
 * Values within the limits that one tap can say; what was measured between them is typed. They start at the limit,
 * because that is what is looked at, and nothing is chosen beforehand.
 */
export function values(item: Item): number[] {
  const { least, most } = item;
  if (item.judge !== "number" || (least === null && most === null)) return [];
  const nice = (raw: number): number => {
    const power = 10 ** Math.floor(Math.log10(raw));
    return ([5, 2, 1].find((one) => one * power <= raw * 1.0001) ?? 1) * power;
  };
  const tidy = (value: number): number => Number(value.toPrecision(12));
  if (least !== null && most !== null) {
    const step = most > least ? nice((most - least) / (COUNT - 1)) : 1;
    return Array.from({ length: Math.floor((most - least) / step + 1e-9) + 1 }, (_, i) => tidy(least + i * step));
  }
  const from = (least ?? most) as number;
  const step = nice(Math.max(Math.abs(from), 1) / (2 * COUNT)) * (least === null ? -1 : 1);
  return Array.from({ length: COUNT }, (_, i) => tidy(from + i * step)).filter((value) => from < 0 || value >= 0);
}
