/** The queue: one order, rows that never move under a hand, and what a row says at a glance. */
import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { cursor, insertNow, openId, openIncident, overlay, shown } from "../desk";
import { now } from "../clock";
import { t } from "../i18n";
import { type Incident, isGroup, isOpen } from "../model";
import { arrivals, decidesItself, fold, type Group, groupOf, GROUPS, type Hand, mayMove, order, sameOrder } from "../queue";
import { rung } from "../sound";
import { announce, incidents, incidentsLoaded, loadError, me, reload, ringsHere, role } from "../store";
import { Clock, Empty, Mark } from "../ui/bits";
import { clockOf } from "./next";
import { NextWords, placeWords, title, whyRescue } from "./words";

/** Ids that stand where they stood, waiting for the hand to rest. */
const pending = signal<{ fresh: number } | null>(null);
const unfolded = signal<ReadonlySet<string>>(new Set());

/** The group each row stood in when the order was last made. */
let placed: ReadonlyMap<string, Group> = new Map();

const hand: Hand = { inside: false, movedAt: 0 };
let sortedAt = -Infinity;
/** The row the pointer was last moved over: a click on another one just after rows moved was not meant. */
let over: string | null = null;
const CLICK_GUARD = 350; // ms

function settle(force: boolean): void {
  const wanted = order(incidents.value.values());
  const at = performance.now();
  const first = shown.peek().length === 0;
  if (sameOrder(shown.peek(), wanted)) {
    placed = new Map([...incidents.value.values()].map((one) => [one.id, groupOf(one)]));
    pending.value = null;
  } else if (force || first || mayMove(hand, at)) {
    sortedAt = hand.inside ? at : -Infinity;
    placed = new Map([...incidents.value.values()].map((one) => [one.id, groupOf(one)]));
    shown.value = wanted;
    pending.value = null;
  } else pending.value = { fresh: arrivals(shown.peek(), wanted).length };
}

/** Keeps the shown order, tells a screen reader of new rows; to be used once, by the frame. */
export function useQueue(): void {
  const known = useRef<Set<string> | null>(null);
  useSignalEffect(() => {
    const all = incidents.value;
    if (!me.value) {
      known.current = null;
      shown.value = [];
      cursor.value = null;
      return;
    }
    if (!incidentsLoaded.value) return;
    const open = [...all.values()].filter(isOpen);
    const before = known.current;
    known.current = new Set(open.map((one) => one.id));
    for (const one of before ? open.filter((each) => !before.has(each.id) && (each.ringing || each.area === null)) : []) {
      const place = placeWords(one);
      announce(t("queue.said_new", { priority: `${one.priority} ${t(`priority.${one.priority}`)}`, place }), one.priority === "P1");
    }
    settle(false);
  });
  useSignalEffect(() => {
    if (insertNow.value > 0) settle(true);
  });
  useEffect(() => {
    const timer = setInterval(() => pending.peek() && settle(false), 300);
    return () => clearInterval(timer);
  }, []);
}

export function Queue() {
  const all = incidents.value;
  const ids = shown.value.filter((id) => all.has(id));
  const rows = fold(ids, all);
  const byGroup = new Map<Group, typeof rows>(GROUPS.map((group) => [group, []]));
  // A row that changed group keeps its place until the order catches up.
  for (const row of rows) {
    const own = groupOf(all.get(row.id) as Incident);
    byGroup.get(pending.value ? (placed.get(row.id) ?? own) : own)?.push(row);
  }
  const mayReport = role.value !== "responder";
  return (
    <section class="queue" aria-label={t("queue.title")}
      onPointerEnter={() => { hand.inside = true; hand.movedAt = performance.now(); }}
      onPointerMove={(event) => {
        hand.movedAt = performance.now();
        over = (event.target as Element).closest<HTMLElement>("[data-testid=queue-row]")?.dataset["incident"] ?? null;
      }}
      onPointerLeave={() => { hand.inside = false; settle(false); }}>
      <header class="queue-head">
        <h1>{t("queue.title")} <span class="num muted">{ids.length}</span></h1>
        {mayReport && (
          <button type="button" class="button" data-testid="report-open" onClick={() => (overlay.value = { name: "report", lift: null })}>
            {t("queue.report")} <kbd>r</kbd>
          </button>
        )}
      </header>
      {loadError.value && (
        <div class="problem">
          <p>{t("queue.loading_failed", { why: loadError.value })}</p>
          <button type="button" class="button" onClick={() => void reload()}>{t("retry")}</button>
        </div>
      )}
      <div class="queue-rows">
        {!incidentsLoaded.value && !loadError.value && <Empty title={t("loading")} />}
        {incidentsLoaded.value && ids.length === 0 && <Empty title={t("queue.empty")} more={t("queue.empty_more")} />}
        {GROUPS.map((name) => {
          const list = byGroup.get(name) ?? [];
          if (list.length === 0) return null;
          return (
            <section key={name} class={`queue-group ${name}`} aria-label={t(`queue.${name}`)}>
              <h2>{t(`queue.${name}`)} <span class="num">{list.reduce((sum, row) => sum + 1 + row.members.length, 0)}</span></h2>
              <ol>
                {list.map((row) => <Folded key={row.id} id={row.id} members={row.members} />)}
              </ol>
            </section>
          );
        })}
      </div>
      {/* Below the rows: above them it would push them from under the hand it waits for. */}
      {pending.value && (
        <button type="button" class="queue-pending" data-testid="queue-pending" onClick={() => settle(true)}>
          {pending.value.fresh === 0 ? t("queue.moved") : pending.value.fresh === 1 ? t("queue.new_one") : t("queue.new_many", { n: pending.value.fresh })}
        </button>
      )}
      {ringsHere.value && <footer class="queue-foot muted">{t("queue.rings_hour", { n: rung.value.filter((at) => now.value - at < 3_600_000).length })}</footer>}
    </section>
  );
}

function Folded({ id, members }: { id: string; members: string[] }) {
  const head = incidents.value.get(id);
  if (!head) return null;
  const isUnfolded = unfolded.value.has(id);
  const toggle = (): void => {
    const next = new Set(unfolded.value);
    if (!next.delete(id)) next.add(id);
    unfolded.value = next;
  };
  return (
    <>
      <Row incident={head} />
      {members.length > 0 && (
        <li class="fold">
          <button type="button" class="button plain" aria-expanded={isUnfolded} onClick={toggle}>
            {isUnfolded ? "▾" : "▸"} {t(isGroup(head) ? "queue.area_members" : "queue.folded", { n: members.length })}
          </button>
        </li>
      )}
      {isUnfolded && members.map((member) => {
        const one = incidents.value.get(member);
        return one ? <Row key={member} incident={one} inner /> : null;
      })}
    </>
  );
}

function Row({ incident, inner = false }: { incident: Incident; inner?: boolean }) {
  const clock = clockOf(incident);
  const unacked = incident.acknowledged_at === null;
  const selected = openId() === incident.id;
  const place = placeWords(incident);
  const area = incident.area === null ? undefined : incidents.value.get(incident.area);
  const asks = groupOf(incident) === "act" && isOpen(incident);
  const quiet = asks && decidesItself(incident);
  const classes = ["row", asks && "asks", quiet && "is-quiet", selected && "is-open", !isOpen(incident) && "is-over", inner && "inner"].filter(Boolean).join(" ");
  return (
    <li>
      <button type="button" class={classes} data-testid="queue-row" data-incident={incident.id} data-state={incident.state}
        data-priority={incident.priority} data-ringing={incident.ringing} aria-current={selected ? "true" : undefined}
        onFocus={() => (cursor.value = incident.id)}
        onClick={(event) => {
          const byKeyboard = event.detail === 0;
          if (!byKeyboard && over !== incident.id && performance.now() - sortedAt < CLICK_GUARD) return;
          openIncident(incident.id, byKeyboard);
        }}>
        <Mark priority={incident.priority} outline={!asks} size={asks ? 34 : 28} />
        <span class="row-text">
          <span class="row-line">
            <strong class="row-place cut">{place}</strong>
            {incident.drill && <span class="tag">{t("row.drill")}</span>}
            {area && !inner && <span class="tag" data-testid="row-area">{placeWords(area)}</span>}
            {incident.unregistered && <span class="tag">{t("row.unregistered")}</span>}
            {incident.unreadable && <span class="tag">{t("row.unreadable")}</span>}
          </span>
          <span class="row-line row-why">
            <span class="cut">{incident.kind === "rescue" ? <><span class="row-kind">{t("kind.rescue")} · </span>{whyRescue(incident)}</> : title(incident)}</span>
          </span>
          <span class="row-line row-next"><NextWords incident={incident} /></span>
        </span>
        <span class="row-side">
          <span class="row-clock"><Clock since={clock.since} until={clock.until} /></span>
          <span class="row-state">{t(`state.${incident.state}`)}</span>
          {asks && unacked && !quiet && <span class="row-unacked">{t("row.unacked")}</span>}
        </span>
      </button>
    </li>
  );
}
