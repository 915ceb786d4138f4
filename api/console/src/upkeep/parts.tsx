/** Pieces that the offices' pages share: rows of what is due, of visits and orders, drawn signatures. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get, newKey, post, why } from "../api";
import { dayAndTime, duration, now } from "../clock";
import { t } from "../i18n";
import { ms } from "../model";
import { href } from "../router";
import { tell } from "../store";
import { liftName } from "../lift/name";
import { Unknown } from "../ui/bits";
import type { LiftDue } from "./figures";
import type { Drawing, Due, Order, OrderDetail, Visit } from "./model";
import { said, w } from "./words";

export const When = ({ at }: { at: string | null }) => {
  const moment = ms(at);
  return moment === null ? <Unknown /> : <time class="num" dateTime={at ?? ""}>{dayAndTime(moment)}</time>;
};

export const nameOf = (one: { name: string | null; building: string | null; lift_id: string }): string => liftName(one);

export const DueWord = ({ days }: { days: number }) =>
  days < 0 ? <strong class="up-late">{w("due.overdue", { n: -days })}</strong> : <span>{days === 0 ? w("due.today") : w("due.in", { n: days })}</span>;

export function DueRow({ of, firm = false }: { of: LiftDue; firm?: boolean }) {
  const { first } = of;
  return (
    <li class="up-row" data-testid="due-row" data-lift={of.lift_id} data-standing={first.standing}>
      <span class="grow">
        <a class="cut block" href={href("lifts", of.lift_id)}><strong>{nameOf(first)}</strong></a>
        <span class="muted cut block">{[firm ? first.firm_name : null, first.address ?? first.district].filter(Boolean).join(" · ")}</span>
      </span>
      <span class="up-kinds">{of.all.map((one: Due) => <span key={one.kind} class="block">{said("kind", one.kind)} <DueWord days={one.days_left} /></span>)}</span>
    </li>
  );
}

export const Marks = ({ of }: { of: readonly string[] }) => <>{of.map((one) => <span key={one} class="tag" data-mark={one}>{said("mark", one)}</span>)}</>;

export function VisitRow({ of, extra }: { of: Visit; extra?: string | undefined }) {
  return (
    <li>
      <a class="up-row" data-testid="visit-row" data-visit={of.id} data-state={of.state} href={href("record", of.id)}>
        <span class="grow">
          <strong class="cut block">{nameOf(of)}</strong>
          <span class="muted cut block">{[of.kind && said("kind", of.kind), of.workers.join("、"), extra].filter(Boolean).join(" · ")}</span>
        </span>
        <span class="up-kinds">
          <span class="block">{said("state", of.state)} <When at={of.left_at ?? of.began_at} /></span>
          <span class="up-tags">{of.abnormal > 0 && <span class="tag">{w("abnormal", { n: of.abnormal })}</span>}<Marks of={of.marks} /></span>
        </span>
      </a>
    </li>
  );
}

/** One order; opened it shows its story and what the reader may do. */
export function OrderRow({ of, changed }: { of: Order; changed?: () => void }) {
  const [detail, setDetail] = useState<OrderDetail | null>(null);
  const [form, setForm] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const at = ms(of.opened_at);
  const shownState = (detail ?? of).state;
  async function load(): Promise<void> {
    try {
      setDetail(await get<OrderDetail>(`/orders/${encodeURIComponent(of.id)}`));
    } catch (error) {
      tell(w("failed", { why: why(error, t("signin.down")) }), true);
    }
  }
  async function act(action: string, said?: string): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      setDetail(await post<OrderDetail>(`/orders/${encodeURIComponent(of.id)}/${action}`, said ? { text: said } : {}, newKey()));
      setForm(null);
      setText("");
      changed?.();
    } catch (error) {
      tell(w("failed", { why: why(error, t("form.network")) }), true);
    }
    setBusy(false);
  }
  // What is done at the lift, with a photo, is entered there.
  const allowed = (detail?.allowed ?? []).filter((one) => ["accept", "close", "reopen", "note"].includes(one));
  return (
    <li>
      <details data-testid="order-row" data-order={of.id} data-state={of.state} onToggle={(event) => event.currentTarget.open && void load()}>
        <summary class="up-row">
          <span class="grow"><strong class="cut block">{nameOf(of)}</strong><span class="up-text">{of.text}</span></span>
          <span class="up-kinds"><span class="block">{said("order", shownState)}</span>{at !== null && shownState !== "closed" && shownState !== "withdrawn" && <span class="num muted block">{duration(now.value - at)}</span>}</span>
        </summary>
        {detail && (
          <div class="up-inside">
            <ol class="up-story">
              {detail.timeline.map((one) => (
                <li key={one.n}><When at={one.at} /> <strong>{said("act", one.action)}</strong> <span class="muted">{one.actor.name}</span>{one.text && <span class="block">{one.text}</span>}<Photos of={one.photos} /></li>
              ))}
            </ol>
            {form === null && <div class="chips">{allowed.map((one) => (
              <button key={one} type="button" class="button" data-testid={`order-${one}`} disabled={busy} onClick={() => (one === "reopen" || one === "note" ? setForm(one) : void act(one))}>{said("act", one)}</button>
            ))}</div>}
            {form !== null && (
              <form class="form" onSubmit={(event) => { event.preventDefault(); void act(form, text); }}>
                <label class="field"><span>{w("say")}</span><textarea required maxLength={4000} value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
                <div class="form-foot"><button type="submit" class="button strong" data-testid="order-send" disabled={busy}>{said("act", form)}</button><button type="button" class="button" onClick={() => setForm(null)}>{t("cancel_form")}</button></div>
              </form>
            )}
          </div>
        )}
      </details>
    </li>
  );
}

export const Photos = ({ of }: { of: readonly string[] }) => of.length === 0 ? null : (
  <span class="up-tags">{of.map((one, i) => <a key={one} class="tag" href={`/api/v1/photos/${encodeURIComponent(one)}`} target="_blank" rel="noreferrer">{w("photo", { n: i + 1 })}</a>)}</span>
);

/** A signature as it was drawn, as large as its own lines. */
export function Drawn({ of, name }: { of: Drawing; name: string }) {
  const path = useRef<SVGPathElement>(null);
  const [box, setBox] = useState("0 0 600 200");
  useEffect(() => {
    const found = path.current?.getBBox();
    if (found) setBox(`${found.x - 6} ${found.y - 6} ${found.width + 12} ${found.height + 12}`);
  }, [of.data]);
  if (of.kind === "png") return <img class="drawn png" alt={w("rec.drawn", { name })} src={`data:image/png;base64,${of.data}`} />;
  return <svg class="drawn" viewBox={box} role="img" aria-label={w("rec.drawn", { name })}><path ref={path} d={of.data} /></svg>;
}
