/** The house's own page: what waits for a signature, records to read, orders, and the codes for its lifts. */
import { useState } from "preact/hooks";
import { all, get, newKey, post, why } from "../api";
import { t } from "../i18n";
import type { Lift, Page } from "../model";
import { liftName } from "../lift/name";
import { tell } from "../store";
import { Empty } from "../ui/bits";
import { byLift } from "../upkeep/figures";
import { useLoaded } from "../upkeep/load";
import type { Due, Order, Visit } from "../upkeep/model";
import { Doubtful } from "../upkeep/Plausible";
import { DueWord, OrderRow, VisitRow } from "../upkeep/parts";
import { said, w } from "../upkeep/words";
import { StickerBox } from "./Sticker";
import "../style/upkeep.css";

interface House { lifts: Lift[]; due: Due[]; visits: Visit[]; orders: Order[] }

async function load(): Promise<House> {
  const [lifts, due, going, done, orders] = await Promise.all([
    all<Lift>("/lifts?registered=true"), all<Due>("/maintenance/due"), all<Visit>("/visits?state=open"),
    get<Page<Visit>>("/visits?state=done&limit=100"), all<Order>("/orders?state=open"),
  ]);
  return { lifts: lifts.items, due: due.items, visits: [...going.items, ...done.items], orders: orders.items };
}

export default function PropertyPage() {
  const { data, problem, again } = useLoaded(load);
  const [sticker, setSticker] = useState<Lift | null>(null);
  if (!data) return problem ? <p class="problem">{problem} <button type="button" class="button" onClick={again}>{t("retry")}</button></p> : <Empty title={t("loading")} />;
  const waiting = data.visits.filter((one) => one.state === "left");
  const rest = data.visits.filter((one) => one.state !== "left");
  const due = byLift(data.due);
  const late = due.filter((one) => one.first.days_left < 0).length;
  return (
    <div class="up" data-testid="property">
      <header class="up-head"><h1>{w("house.title")}</h1></header>
      {problem && <p class="problem">{problem}</p>}
      <p class="up-sentence">{w("house.sentence", { sign: waiting.length, orders: data.orders.length, late })}</p>
      <div class="up-columns">
        <div class="up-stack">
        <section data-testid="to-sign">
          <h2>{w("house.sign")}</h2>
          {waiting.length === 0 && <p class="muted">{w("house.sign_none")}</p>}
          <ul>{waiting.map((one) => <VisitRow key={one.id} of={one} extra={one.firm_name} />)}</ul>
        </section>
        <section>
          <h2>{w("house.lifts")}</h2>
          <ul>{data.lifts.map((lift) => {
            const next = due.find((one) => one.lift_id === lift.lift_id)?.first;
            return (
              <li key={lift.lift_id} class="up-row" data-testid="house-lift" data-lift={lift.lift_id}>
                <span class="grow"><strong class="cut block">{liftName(lift)}</strong><span class="muted cut block">{[lift.firm_name, lift.address].filter(Boolean).join(" · ")}</span></span>
                {next && <span class="up-kinds">{said("kind", next.kind)} <DueWord days={next.days_left} /></span>}
                <button type="button" class="button" data-testid="sticker" onClick={() => setSticker(lift)}>{w("house.qr")}</button>
              </li>
            );
          })}</ul>
        </section>
        </div>
        <div class="up-stack">
        <section>
          <h2>{w("firm.orders")}</h2>
          {data.orders.length === 0 && <p class="muted">{w("firm.orders_none")}</p>}
          <ul>{data.orders.map((one) => <OrderRow key={one.id} of={one} changed={again} />)}</ul>
          <Fault lifts={data.lifts} done={again} />
        </section>
          <Doubtful filter="" />
        <section>
          <h2>{w("house.read")}</h2>
          {rest.length === 0 && <p class="muted">{w("firm.done_none")}</p>}
          <ul>{rest.map((one) => <VisitRow key={one.id} of={one} extra={one.firm_name} />)}</ul>
        </section>
        </div>
      </div>
      {sticker && <StickerBox lift={sticker} close={() => setSticker(null)} />}
    </div>
  );
}

function Fault({ lifts, done }: { lifts: readonly Lift[]; done: () => void }) {
  const [lift, setLift] = useState("");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await post("/orders", { lift_id: lift, text }, newKey());
      setText("");
      tell(w("house.reported"));
      done();
    } catch (error) {
      tell(w("failed", { why: why(error, t("form.network")) }), true);
    }
    setBusy(false);
  }
  return (
    <details class="up-all">
      <summary>{w("house.report")}</summary>
      <form class="form up-form" onSubmit={(event) => void send(event)}>
        <label class="field"><span>{w("house.which")}</span>
          <select required name="lift" value={lift} onChange={(event) => setLift(event.currentTarget.value)}>
            <option value="">{t("choose")}</option>
            {lifts.map((one) => <option key={one.lift_id} value={one.lift_id}>{liftName(one)}</option>)}
          </select></label>
        <label class="field"><span>{w("house.what")}</span><textarea name="text" required maxLength={4000} value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
        <button type="submit" class="button strong" data-testid="fault-send" disabled={busy}>{w("send")}</button>
      </form>
    </details>
  );
}
