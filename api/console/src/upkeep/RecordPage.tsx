/** One maintenance record: what was done, what was abnormal, who signed; the property signs here. */
import { useState } from "preact/hooks";
import { ApiError, get, newKey, post, why } from "../api";
import { t } from "../i18n";
import type { Drawing, Line, Result, Signature, VisitDetail } from "./model";
import { me, role, tell } from "../store";
import { Empty, Fact } from "../ui/bits";
import { say, language } from "../i18n";
import { useLoaded } from "./load";
import { Pad } from "./Pad";
import { Evidence } from "./Plausible";
import { Drawn, Marks, nameOf, OrderRow, Photos, When } from "./parts";
import { said, w } from "./words";
import "../style/upkeep.css";

export default function RecordPage({ id }: { id: string }) {
  const [missing, setMissing] = useState(false);
  const { data, problem, again } = useLoaded<VisitDetail>(async () => {
    try {
      return await get<VisitDetail>(`/visits/${encodeURIComponent(id)}`);
    } catch (error) {
      setMissing(error instanceof ApiError && error.status === 404);
      throw error;
    }
  }, [id]);
  if (!data) return <Empty title={missing ? w("rec.missing") : (problem ?? t("loading"))} />;
  const bad = data.items.filter((one) => one.outcome === "abnormal");
  return (
    <div class="up record" data-testid="record" data-visit={id} data-state={data.state}>
      <header class="up-head">
        <h1>{w("rec.title")} · {nameOf(data)}</h1>
        <span class="tag">{said("state", data.state)}</span>
        <span class="up-tags"><Marks of={data.marks} /></span>
      </header>
      {data.checked_in_at && <p><a href={paper(data.lift_id, data.checked_in_at)} target="_blank" rel="noopener" data-testid="paper">{w("rec.paper")}</a></p>}
      {data.void_reason && <p class="problem">{w("rec.void", { why: data.void_reason })}</p>}
      <dl class="up-facts">
        <Fact name={w("rec.firm")}>{data.firm_name}</Fact>
        <Fact name={w("rec.workers")}>{data.workers.join("、")}</Fact>
        <Fact name={w("rec.kind")}>{data.kind ? said("kind", data.kind) : "–"}</Fact>
        <Fact name={w("rec.began")}><When at={data.began_at} /> <span class="muted">{w("rec.received")} <When at={data.checked_in_at} /></span></Fact>
        {data.left_at && <Fact name={w("rec.left")}><When at={data.left_at} /> <span class="muted">{w("rec.received")} <When at={data.checked_out_at} /></span></Fact>}
      </dl>
      <section>
        <h2>{w("rec.abnormal")}</h2>
        {bad.length === 0 && <p>{w("rec.no_abnormal")}</p>}
        <ul>{bad.map((one) => <Item key={one.code} of={one} />)}</ul>
      </section>
      {data.orders.length > 0 && <section><h2>{w("rec.orders")}</h2><ul>{data.orders.map((one) => <OrderRow key={one.id} of={one} changed={again} />)}</ul></section>}
      <section>
        <h2>{w("rec.signed")}</h2>
        <ul class="up-signed">
          {data.signatures.map((one) => <Signed key={one.name} of={one} as={w("rec.crew")} />)}
          {data.countersigned && <Signed of={data.countersigned} as={w("rec.officer")} />}
        </ul>
        {!data.countersigned && <p class="muted">{w("rec.officer")}: {w("rec.unsigned")}</p>}
        {role.value === "property" && !data.countersigned && data.allowed.includes("countersign") && <Countersign of={data} done={again} />}
      </section>
      {["left", "complete"].includes(data.state) && <Evidence visit={id} />}
      <details class="up-all"><summary>{w("rec.items", { n: data.items.length })}</summary><ul>{data.items.map((one) => <Item key={one.code} of={one} />)}</ul></details>
      {data.parts.length > 0 && <section><h2>{w("rec.parts")}</h2><ul>{data.parts.map((one) => <li key={one.name}>{one.name} {one.count ?? ""} {one.number ?? ""}</li>)}</ul></section>}
      {data.notes.length > 0 && <section><h2>{w("rec.notes")}</h2><ul>{data.notes.map((one) => <li key={one.text}>{one.text}</li>)}</ul></section>}
      <details class="up-all"><summary>{w("rec.story")}</summary><ol class="up-story">{data.timeline.map((one) => <Told key={one.n} of={one} />)}</ol></details>
    </div>
  );
}

/** The page for paper that holds this visit: the records with an entry in the second of its check-in. */
const paper = (lift: string, at: string): string => {
  const from = Date.parse(at);
  const asked = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(from + 1000).toISOString(), lang: language.value });
  return `/api/v1/lifts/${encodeURIComponent(lift)}/records/page?${asked}`;
};

function Item({ of }: { of: Result }) {
  const zh = language.value === "zh";
  return (
    <li class="up-item" data-testid="item" data-code={of.code} data-outcome={of.outcome ?? ""}>
      <span class="num muted">{of.code}</span>
      <span class="grow">
        <span class="block">{zh ? of.zh : of.en} <span class="muted">{zh ? of.must_zh : of.must_en}</span></span>
        {of.text && <span class="block">{of.text}</span>}
        <Photos of={of.photos} />
      </span>
      {of.value !== null && <span class="num">{of.value} {of.unit}</span>}
      <strong>{of.outcome ? said("outcome", of.outcome) : "–"}</strong>
    </li>
  );
}

export const Signed = ({ of, as }: { of: Signature; as: string }) => (
  <li data-testid="signature"><Drawn of={of.drawing} name={of.name} /><span class="block"><strong>{of.name}</strong> <span class="muted">{as}</span></span><When at={of.done_at} /></li>
);

const Told = ({ of }: { of: Line }) => (
  <li>
    <When at={of.done_at} /> <strong>{of.outcome === "line" && of.text ? say(of.text) : said("op", of.kind)}</strong> <span class="muted">{of.actor.name}</span>
    {of.outcome === "refused" && <span class="block">{w("op.refused")}: {say(of.text)}</span>}
    {of.marks.length > 0 && <span class="up-tags">{of.marks.map((one) => <span key={one.code} class="tag" title={say(one.text)}>{said("mark", one.code)}</span>)}</span>}
  </li>
);

function Countersign({ of, done }: { of: VisitDetail; done: () => void }) {
  const [name, setName] = useState(me.peek()?.user.name ?? "");
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [busy, setBusy] = useState(false);
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || !drawing) return;
    setBusy(true);
    try {
      await post(`/visits/${encodeURIComponent(of.id)}/countersign`, { name, drawing }, newKey());
      done();
    } catch (error) {
      tell(w("failed", { why: why(error, t("form.network")) }), true);
    }
    setBusy(false);
  }
  return (
    <form class="form up-form" onSubmit={(event) => void send(event)}>
      <p>{w("sign.what")}</p>
      <label class="field"><span>{w("sign.name")}</span><input name="name" required maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <Pad name={name} onDrawn={setDrawing} />
      <button type="submit" class="button strong up-big" data-testid="countersign" disabled={busy || !drawing || name.trim() === ""}>{w("sign.submit")}</button>
    </form>
  );
}
