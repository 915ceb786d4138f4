/** A maintenance firm's office: what is due and overdue, who is where, orders, people and their certificates. */
import { useState } from "preact/hooks";
import { all, call, get, newKey, post, why } from "../api";
import { now } from "../clock";
import { t } from "../i18n";
import type { Page } from "../model";
import { overview, tell } from "../store";
import { Empty } from "../ui/bits";
import { byLift, byNeed, dayOf, standingOf } from "../upkeep/figures";
import { useLoaded } from "../upkeep/load";
import type { Calendar, Due, Order, Visit, Worker } from "../upkeep/model";
import { Doubtful } from "../upkeep/Plausible";
import { DueRow, OrderRow, VisitRow } from "../upkeep/parts";
import { w, type Word } from "../upkeep/words";
import "../style/upkeep.css";

const AHEAD_DAYS = 14;
const SOON_DAYS = 3;
const SHOWN = 30;

interface Office { due: Due[]; going: Visit[]; done: Visit[]; orders: Order[]; workers: Worker[] }

async function load(): Promise<Office> {
  const [due, going, done, orders, workers] = await Promise.all([
    all<Due>(`/maintenance/due?within=${AHEAD_DAYS}`), all<Visit>("/visits?state=open"), get<Page<Visit>>("/visits?state=done&limit=20"),
    all<Order>("/orders?state=open"), all<Worker>("/workers"),
  ]);
  return { due: due.items, going: going.items, done: done.items, orders: orders.items, workers: workers.items };
}

type Filter = "all" | "late" | "soon";
const keeps: Record<Filter, (one: Due) => boolean> = {
  all: () => true, late: (one) => one.days_left < 0, soon: (one) => one.days_left <= SOON_DAYS,
};

export default function FirmPage() {
  const { data, problem, again } = useLoaded(load);
  const [filter, setFilter] = useState<Filter>("all");
  const [shown, setShown] = useState(SHOWN);
  if (!data) return problem ? <p class="problem">{problem} <button type="button" class="button" onClick={again}>{t("retry")}</button></p> : <Empty title={t("loading")} />;
  const today = dayOf(now.value);
  const lifts = (test: (one: Due) => boolean): number => new Set(data.due.filter(test).map((one) => one.lift_id)).size;
  const late = lifts(keeps.late);
  const active = data.workers.filter((one) => one.active);
  const without = active.filter((one) => ["none", "ended"].includes(standingOf(one, today).holds)).length;
  const list = byLift(data.due.filter(keeps[filter]));
  return (
    <div class="up" data-testid="firm">
      <header class="up-head"><h1>{w("firm.title")}</h1></header>
      {problem && <p class="problem">{problem}</p>}
      <p class="up-sentence" data-testid="firm-sentence">
        {w("firm.sentence", { lifts: overview.value?.lifts ?? t("unknown"), late, soon: lifts((one) => one.days_left >= 0 && one.days_left <= SOON_DAYS), visits: data.going.length, orders: data.orders.length })}
        {without > 0 && ` ${w("firm.people_bad", { n: without })}`}
      </p>
      <div class="up-columns">
        <div class="up-stack">
        <section>
          <h2>{w("firm.due")}</h2>
          <div class="chips" role="group" aria-label={w("firm.due")}>
            {(["all", "late", "soon"] as const).map((one) => (
              <button key={one} type="button" class="button" data-testid={`due-${one}`} aria-pressed={filter === one} onClick={() => setFilter(one)}>{w(`firm.${one}`)} <span class="num">{lifts(keeps[one])}</span></button>
            ))}
          </div>
          {list.length === 0 && <p class="muted">{w("due.none")}</p>}
          <ul>{list.slice(0, shown).map((one) => <DueRow key={one.lift_id} of={one} />)}</ul>
          {list.length > shown && <button type="button" class="button" onClick={() => setShown(shown + 100)}>{w("more")}</button>}
        </section>
        <section>
          <h2>{w("firm.done")}</h2>
          {data.done.length === 0 && <p class="muted">{w("firm.done_none")}</p>}
          <ul>{data.done.map((one) => <VisitRow key={one.id} of={one} />)}</ul>
        </section>
        </div>
        <div class="up-stack">
          <section>
            <h2>{w("firm.going")}</h2>
            {data.going.length === 0 && <p class="muted">{w("firm.going_none")}</p>}
            <ul>{data.going.map((one) => <VisitRow key={one.id} of={one} />)}</ul>
          </section>
          <section>
            <h2>{w("firm.orders")}</h2>
            {data.orders.length === 0 && <p class="muted">{w("firm.orders_none")}</p>}
            <ul>{data.orders.map((one) => <OrderRow key={one.id} of={one} changed={again} />)}</ul>
          </section>
          <section>
            <h2>{w("firm.people")}</h2>
            {active.length === 0 && <p class="muted">{w("firm.people_none")}</p>}
            <ul>{byNeed(active, today).map((one) => <Person key={one.id} of={one} today={today} />)}</ul>
          </section>
          <Doubtful filter="" />
          <section><h2>{w("firm.links")}</h2><Calendars /><Files /></section>
        </div>
      </div>
    </div>
  );
}

function Person({ of, today }: { of: Worker; today: string }) {
  const { holds, until } = standingOf(of, today);
  return (
    <li class="up-row" data-testid="person" data-holds={holds}>
      <span class="grow"><strong class="cut block">{of.name}</strong><span class="muted cut block">{[of.phone, ...of.certificates.map((one) => `${one.kind} ${one.number}`)].filter(Boolean).join(" · ")}</span></span>
      <span class="up-kinds">
        {holds === "good" || holds === "soon" ? <span class="block">{w(`cert.${holds}` as Word)}</span> : <span class="block"><strong class="up-late">{w(`cert.${holds}` as Word)}</strong></span>}
        {until && <span class="num muted block">{w("cert.until", { day: until })}</span>}
      </span>
    </li>
  );
}

function Calendars() {
  const { data, again } = useLoaded(() => get<Page<Calendar>>("/maintenance/calendars"));
  const [name, setName] = useState("");
  const [made, setMade] = useState<Calendar | null>(null);
  const [busy, setBusy] = useState(false);
  async function change(work: () => Promise<void>): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      await work();
      again();
    } catch (error) {
      tell(w("failed", { why: why(error, t("form.network")) }), true);
    }
    setBusy(false);
  }
  const add = (event: Event): void => {
    event.preventDefault();
    void change(async () => {
      setMade(await post<Calendar>("/maintenance/calendars", { name }, newKey()));
      setName("");
    });
  };
  return (
    <div class="up-stack tight">
      <p class="muted">{w("cal.more")}</p>
      <ul>{(data?.items ?? []).map((one) => (
        <li key={one.id} class="up-row"><span class="grow">{one.name}</span><button type="button" class="button" onClick={() => void change(() => call("DELETE", `/maintenance/calendars/${encodeURIComponent(one.id)}`))}>{w("cal.remove")}</button></li>
      ))}</ul>
      {made?.url && <p role="status">{w("cal.once")} <code class="up-address" data-testid="calendar-url">{made.url.startsWith("/") ? location.origin + made.url : made.url}</code></p>}
      <form class="up-inline" onSubmit={add}>
        <input required maxLength={100} aria-label={w("cal.name")} placeholder={w("cal.name")} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit" class="button" data-testid="calendar-add" disabled={busy}>{w("cal.add")}</button>
      </form>
    </div>
  );
}

/** The registry as files that the import reads again. */
function Files() {
  return (
    <div class="up-stack tight up-files">
      <p class="muted">{w("export.more")}</p>
      {(["lifts", "workers"] as const).map((what) => (
        <p key={what}>{w(`export.${what}`)} {(["csv", "xlsx"] as const).map((format) => (
          <a key={format} class="button" data-testid={`export-${what}-${format}`} download href={`/api/v1/export/${what}?format=${format}`}>{format === "csv" ? "CSV" : "Excel"}</a>
        ))}</p>
      ))}
    </div>
  );
}
