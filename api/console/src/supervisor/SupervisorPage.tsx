/** The supervisor's page: what is overdue by firm and by district, how punctual visits were, which orders stay open. */
import { useState } from "preact/hooks";
import { all, get } from "../api";
import { duration, now } from "../clock";
import { t } from "../i18n";
import type { Page } from "../model";
import { Empty } from "../ui/bits";
import { byLift, measured, type Measure, MEASURES, percent, ranked } from "../upkeep/figures";
import { useLoaded } from "../upkeep/load";
import type { Due, Order, Standing } from "../upkeep/model";
import { Doubtful } from "../upkeep/Plausible";
import { DueRow, OrderRow } from "../upkeep/parts";
import { w } from "../upkeep/words";
import "../style/upkeep.css";

type By = "firm" | "district";
const SHOWN = 50;

/** What a cell says of a row; a dash where there is nothing to say. */
function cell(row: Standing, by: Measure, at: number): string {
  const value = measured(row, by, at);
  if (value === null) return "–";
  switch (by) {
    case "overdue": return `${row.overdue_lifts} · ${percent(value)}`;
    case "in_time": case "doubtful": case "late": case "far": return percent(value) ?? "–";
    case "worst": return value === 0 ? "–" : w("days", { n: value });
    case "oldest": return duration(value);
    case "days": case "orders": return String(value);
  }
}

export default function SupervisorPage() {
  const [by, setBy] = useState<By>("firm");
  const [rank, setRank] = useState<Measure>("overdue");
  const [chosen, setChosen] = useState<string | null>(null);
  const { data, problem, again } = useLoaded(() => get<Page<Standing>>(`/maintenance/standing?by=${by}`), [by]);
  const filter = chosen === null ? "" : `&${by}=${encodeURIComponent(chosen)}`;
  const list = useLoaded(() => get<Page<Due>>(`/maintenance/due?overdue=true&limit=200${filter}`), [filter]);
  const orders = useLoaded(() => all<Order>(`/orders?state=open${by === "firm" && chosen !== null ? filter : ""}`), [filter]);
  if (!data) return problem ? <p class="problem">{problem} <button type="button" class="button" onClick={again}>{t("retry")}</button></p> : <Empty title={t("loading")} />;
  const rows = ranked(data.items, rank, now.value);
  const sum = (key: "lifts" | "overdue_lifts" | "visits" | "timed" | "in_time"): number => data.items.reduce((all_, one) => all_ + one[key], 0);
  const name = (row: Standing): string => row.name ?? (by === "firm" ? w("watch.no_firm") : w("watch.no_district"));
  const share = (part: number, whole: number): string => percent(whole > 0 ? part / whole : null) ?? "–";
  const oldest = [...(orders.data?.items ?? [])].sort((a, b) => a.opened_at.localeCompare(b.opened_at)).slice(0, 20);
  const due = byLift(list.data?.items ?? []).slice(0, SHOWN);
  const choose = (next: By): void => {
    setBy(next);
    setChosen(null);
  };
  return (
    <div class="up" data-testid="supervisor">
      <header class="up-head">
        <h1>{w("watch.title")}</h1>
        <div class="chips" role="group" aria-label={w("watch.by")}>
          {(["firm", "district"] as const).map((one) => <button key={one} type="button" class="button" data-testid={`by-${one}`} aria-pressed={by === one} onClick={() => choose(one)}>{w(`watch.${one}`)}</button>)}
        </div>
      </header>
      {problem && <p class="problem">{problem}</p>}
      <p class="up-sentence" data-testid="watch-sentence">{w("watch.sentence", { lifts: sum("lifts"), late: sum("overdue_lifts"), share: share(sum("overdue_lifts"), sum("lifts")), visits: sum("visits"), in_time: share(sum("in_time"), sum("timed")) })}</p>
      {rows.length === 0 ? <Empty title={w("watch.none")} /> : (
        <section>
          <p class="muted">{w("watch.rank")}</p>
          <div class="up-wide" tabIndex={0} role="region" aria-label={w("watch.title")}>
            <table class="up-table" data-testid="standing">
              <thead><tr>
                <th scope="col">{w("watch.name")}</th><th scope="col" class="right">{w("watch.lifts")}</th>
                {MEASURES.map((one) => <th key={one} scope="col" class="right" aria-sort={rank === one ? (one === "in_time" ? "ascending" : "descending") : "none"}><button type="button" data-testid={`rank-${one}`} onClick={() => setRank(one)}>{w(`m.${one}`)}{rank === one && " ▾"}</button></th>)}
                <th scope="col" class="right">{w("watch.visits")}</th>
              </tr></thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.id ?? ""} data-testid="standing-row" data-name={row.name ?? ""} class={row.id !== null && row.id === chosen ? "is-chosen" : ""}>
                    <th scope="row">{row.id === null ? name(row) : <button type="button" aria-pressed={row.id === chosen} onClick={() => setChosen(row.id === chosen ? null : row.id)}>{name(row)}</button>}</th>
                    <td class="right num">{row.lifts}</td>
                    {MEASURES.map((one) => <td key={one} class={`right num${one === rank ? " is-rank" : ""}`} data-measure={one}>{cell(row, one, now.value)}</td>)}
                    <td class="right num">{row.visits}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      <div class="up-columns">
        <div class="up-stack">
        <section data-testid="overdue-list">
          <h2>{chosen === null ? w("watch.list_all") : w("watch.list", { name: data.items.find((one) => one.id === chosen)?.name ?? chosen })}</h2>
          {list.data && due.length === 0 && <p class="muted">{w("due.none")}</p>}
          <ul>{due.map((one) => <DueRow key={one.lift_id} of={one} firm />)}</ul>
        </section>
        <Doubtful filter={filter} />
        </div>
        <section>
          <h2>{w("watch.orders")}</h2>
          {orders.data && oldest.length === 0 && <p class="muted">{w("firm.orders_none")}</p>}
          <ul>{oldest.map((one) => <OrderRow key={one.id} of={one} changed={orders.again} />)}</ul>
        </section>
      </div>
    </div>
  );
}
