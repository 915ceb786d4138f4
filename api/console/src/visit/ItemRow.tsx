/** One item of a visit: one tap when it is normal; words and a photo when it is not; a value where one is measured. */
import { useState } from "preact/hooks";
import { timeOfDay } from "../clock";
import { language } from "../i18n";
import { faults, limits, values, within, type Fault } from "./check";
import { At, Shot, Thumb, Wrongs } from "./bits";
import { type Item, mustOf, nameOfItem, type Outcome, type Result } from "./model";
import { w, type WordKey } from "./words";

interface Props {
  item: Item; lift: string; result: (Result & { at: string }) | null;
  /** Marked at check-out as not done. */
  wanting: boolean;
  onResult: (result: Result) => void;
}

const FIRST: Result = { code: "", outcome: "abnormal", text: "", photos: [] };

export function ItemRow({ item, lift, result, wanting, onResult }: Props) {
  const [form, setForm] = useState<"abnormal" | "value" | null>(null);
  const [body, setBody] = useState<Result>(FIRST);
  const [wrong, setWrong] = useState<Fault[]>([]);
  const of = (field: string): WordKey[] =>
    wrong.filter((fault) => (field === "photos" ? fault.includes("photo") : fault.startsWith(field))).map((fault) => `fault.${fault}` as WordKey);
  const put = (part: Partial<Result>): void => setBody((before) => ({ ...before, ...part }));

  const take = (one: Omit<Result, "code">): void => {
    const full: Result = { code: item.code, outcome: one.outcome };
    if (one.value !== null && one.value !== undefined) full.value = one.value;
    if (one.text?.trim()) full.text = one.text.trim();
    if (one.photos?.length) full.photos = one.photos;
    const found = faults(item, full).map((each) => each.fault);
    setWrong(found);
    if (found.length > 0) return;
    setForm(null);
    onResult(full);
  };
  const tap = (outcome: Outcome): void => {
    setWrong([]);
    if (outcome === "abnormal") {
      setBody({ ...FIRST, photos: [], value: null });
      return setForm("abnormal");
    }
    if (outcome === "normal" && item.judge === "number") return setForm("value");
    take({ outcome });
  };
  /** A typed value says by itself whether it is normal; outside the limits it is the start of an abnormal item. */
  const measured = (text: string): void => {
    const value = text.trim() === "" ? Number.NaN : Number(text.replace(",", "."));
    if (!Number.isFinite(value)) return setWrong(["value_missing"]);
    if (within(item, value)) return take({ outcome: "normal", value });
    setBody({ code: "", outcome: "abnormal", value, photos: [], text: w("measured", { value: `${value} ${item.unit ?? ""}`.trim(), limits: limits(item) }) });
    setForm("abnormal");
    setWrong(["value_outside"]);
  };
  const lang = language.value;
  const pressed = (outcome: Outcome): boolean => result?.outcome === outcome;
  /** What was tapped says so in the button itself, with its time: nothing below it moves under the thumb. */
  const at = (outcome: Outcome) => pressed(outcome) && result?.at && <small class="num">{timeOfDay(Date.parse(result.at)).slice(0, 5)}</small>;
  const telling = result && (result.outcome === "abnormal" || result.value != null || Boolean(result.photos?.length));
  return (
    <li class="item" data-testid="item" data-code={item.code} data-outcome={result?.outcome ?? ""} data-key={item.key} data-wanting={wanting && !result}>
      <div class="item-head">
        <p class="item-name"><span class="muted num">{item.code}</span> {nameOfItem(item, lang)}</p>
        <p class="muted">{mustOf(item, lang)}{!item.verified && <span class="item-doubt"> · {w("item.unverified")}</span>}</p>
      </div>
      {item.judge === "number" && (
        <div class="item-values">
          <strong class="num">{limits(item)}</strong>
          {values(item).map((value) => (
            <button key={value} type="button" class="button num" data-testid="value" aria-pressed={pressed("normal") && result?.value === value}
              onClick={() => take({ outcome: "normal", value })}>{value}</button>
          ))}
          <button type="button" class="button" data-testid="other-value" aria-pressed={form === "value"} onClick={() => { setWrong([]); setForm("value"); }}>{w("item.other_value")}</button>
        </div>
      )}
      {form === "value" && (
        <form class="side" onSubmit={(event) => { event.preventDefault(); measured(String(new FormData(event.currentTarget).get("value") ?? "")); }}>
          <label class="grow"><span class="said">{w("item.value")}</span><input name="value" inputMode="decimal" autocomplete="off" placeholder={`${w("item.value")} ${item.unit ?? ""}`} /></label>
          <button type="submit" class="button strong" data-testid="value-ok">{w("item.take")}</button>
        </form>
      )}
      {form !== "abnormal" && <Wrongs keys={of("value")} />}
      <div class="item-buttons">
        {item.key
          ? <Shot lift={lift} strong={pressed("normal")} label={w("item.normal_photo")} testid="normal" onPhoto={(name) => take({ outcome: "normal", photos: [name] })} />
          : item.judge === "number" ? null
            : <button type="button" class="button normal" data-testid="normal" aria-pressed={pressed("normal")} onClick={() => tap("normal")}>{pressed("normal") && "✓ "}{w("item.normal")}{at("normal")}</button>}
        <button type="button" class="button" data-testid="abnormal" aria-pressed={pressed("abnormal") || form === "abnormal"} onClick={() => tap("abnormal")}>{w("item.abnormal")}</button>
        <button type="button" class="button" data-testid="not-applicable" aria-pressed={pressed("not_applicable")} onClick={() => tap("not_applicable")}>{w("item.not_applicable")}{at("not_applicable")}</button>
      </div>
      {form === "abnormal" && (
        <form class="form" data-testid="abnormal-form" onSubmit={(event) => { event.preventDefault(); take(body); }}>
          {of("value").length > 0 && <Wrongs keys={of("value")} />}
          <label class="field"><span>{w("item.what")}</span>
            <textarea data-testid="abnormal-text" value={body.text ?? ""} onInput={(event) => put({ text: event.currentTarget.value })} /></label>
          <Wrongs keys={of("text")} />
          <div class="side">
            {(body.photos ?? []).map((name) => <Thumb key={name} name={name} />)}
            <Shot lift={lift} label={w("item.photo")} testid="abnormal-photo" onPhoto={(name) => setBody((before) => ({ ...before, photos: [...(before.photos ?? []), name] }))} />
          </div>
          <Wrongs keys={of("photos")} />
          <button type="submit" class="button strong" data-testid="abnormal-ok">{w("item.take")}</button>
        </form>
      )}
      {telling && form !== "abnormal" && (
        <div class="item-found">
          {(result.photos ?? []).map((name) => <Thumb key={name} name={name} />)}
          <p class={result.outcome === "abnormal" ? "warn" : "muted"}>
            {result.outcome === "normal" ? "✓ " : result.outcome === "abnormal" ? "! " : "– "}
            {w(`item.${result.outcome}`)}{result.value != null && ` · ${result.value} ${item.unit ?? ""}`}{result.text && ` · ${result.text}`}
            {result.at && <> · <At at={result.at} /></>}
          </p>
        </div>
      )}
      {wanting && !result && <Wrongs keys={["fault.item_missing"]} />}
    </li>
  );
}
