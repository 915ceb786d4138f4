/** Work orders of the crew's lifts: take one, say what was done with a photo; kept without network like everything here. */
import { useState } from "preact/hooks";
import { dayAndTime } from "../clock";
import { Empty } from "../ui/bits";
import { NoDisk, Shot, Sync, Thumb, Wrongs } from "./bits";
import { orders, useKnown } from "./known";
import type { Order } from "./model";
import { calls, letGo, orderCall } from "./state";
import { w, type WordKey } from "./words";

function One({ order }: { order: Order }) {
  const [form, setForm] = useState(false);
  const [text, setText] = useState("");
  const [photos, setPhotos] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  const own = calls.value.filter((one) => one.order === order.id);
  const waits = own.some((one) => one.sending === "kept");
  const wrong = { text: !text.trim(), photos: photos.length === 0 };
  const done = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (wrong.text || wrong.photos) return;
    void orderCall(order.id, "done", { text: text.trim(), photos });
    setForm(false);
  };
  const fault = (on: boolean, key: WordKey): WordKey[] => (tried && on ? [key] : []);
  return (
    <li class="stop" data-testid="order" data-order={order.id} data-state={order.state}>
      <p class="stop-name">{[order.building, order.name].filter(Boolean).join(" · ") || order.lift_id}</p>
      <p>{order.text}</p>
      <p class="muted num">{dayAndTime(Date.parse(order.opened_at))} · {w(order.state === "done" ? "orders.done_state" : order.state === "accepted" ? "orders.accepted" : "orders.open")}</p>
      {waits && <p class="sync" role="status" data-testid="order-kept">{w("orders.queued")}</p>}
      {own.filter((one) => one.sending === "refused").map((one) => (
        <p key={one.key} class="problem" role="alert" data-testid="order-refused">{w("net.refused_one", { what: w(`orders.${one.action}`) })}: {one.why}{" "}
          <button type="button" class="button" onClick={() => void letGo(one)}>{w("orders.discard")}</button></p>
      ))}
      {!waits && !form && order.state === "open" && <button type="button" class="button strong tall" data-testid="order-accept" onClick={() => void orderCall(order.id, "accept", {})}>{w("orders.accept")}</button>}
      {!waits && !form && order.state === "accepted" && <button type="button" class="button strong tall" data-testid="order-done" onClick={() => setForm(true)}>{w("orders.done")}</button>}
      {form && (
        <form class="form" onSubmit={done}>
          <label class="field"><span>{w("orders.what")}</span><textarea data-testid="order-text" value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
          <Wrongs keys={fault(wrong.text, "fault.text_missing")} />
          <div class="side">{photos.map((name) => <Thumb key={name} name={name} />)}<Shot lift={order.lift_id} label={w("item.photo")} testid="order-photo" onPhoto={(name) => setPhotos((before) => [...before, name])} /></div>
          <Wrongs keys={fault(wrong.photos, "fault.photo_missing")} />
          <button type="submit" class="button strong tall" data-testid="order-send">{w("orders.done")}</button>
        </form>
      )}
    </li>
  );
}

export function OrdersPage() {
  useKnown();
  const list = orders.value?.value;
  return (
    <div class="mine visit-pages" data-testid="orders">
      <NoDisk />
      <Sync />
      <h1>{w("orders.title")}</h1>
      {orders.value && Date.now() - orders.value.at > 300_000 && <p class="muted">{w("round.old", { time: dayAndTime(orders.value.at) })}</p>}
      {!list && <Empty title={w("round.never")} />}
      {list?.length === 0 && <Empty title={w("orders.none")} />}
      <ul class="stops">{list?.map((one) => <One key={one.id} order={one} />)}</ul>
    </div>
  );
}
