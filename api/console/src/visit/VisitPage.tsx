/** A visit from check-in to check-out, with or without network: every tap is on the phone's disk before it is shown. */
import { useEffect, useState } from "preact/hooks";
import { duration, serverNow, timeOfDay } from "../clock";
import { language, say } from "../i18n";
import { liftName } from "../lift/name";
import { href } from "../router";
import { Empty } from "../ui/bits";
import { NoDisk, phoneNow, Sync } from "./bits";
import { CheckOut, Signatures } from "./Finish";
import { fold, lifeDue, type Seen } from "./fold";
import { ItemRow } from "./ItemRow";
import { useKnown, useSpot } from "./known";
import { type Draft, nameOfItem, type Result } from "./model";
import { More } from "./More";
import { grouped } from "./place";
import { Rescue } from "./Rescue";
import { drafts, look, off, tap } from "./state";
import { w } from "./words";

const LOOK_AGAIN = 20_000;

/** One who works alone says that he is well; every other tap says so too. */
function Life({ draft, seen }: { draft: Draft; seen: Seen }) {
  const due = lifeDue(seen);
  if (due === null) return null;
  const left = due - phoneNow();
  const alarm = Date.parse(draft.server?.life_due_at ?? "");
  const soon = left < 180_000;
  return (
    <div class={`life${soon ? " is-soon" : ""}`} data-testid="life" data-soon={soon}>
      <button type="button" class="button strong thumb" data-testid="alive" onClick={() => void tap(draft.id, "alive")}>
        <span>{w("life.button")}</span><small class="num">{left >= 0 ? w("life.left", { time: duration(left) }) : w("life.over", { time: duration(-left) })}</small>
      </button>
      {off.value && Number.isFinite(alarm) && (
        <p class="problem" role="status">{alarm > serverNow() ? w("life.offline", { time: timeOfDay(alarm) }) : w("life.offline_now")}</p>
      )}
    </div>
  );
}

const same = (a: Result | undefined, b: Result): boolean =>
  a !== undefined && a.outcome === b.outcome && (a.value ?? null) === (b.value ?? null) && (a.text ?? "") === (b.text ?? "") && (b.photos ?? []).length === 0;

/** What stands in the way of the record: the server's refusals, and a visit that is not there what it is here. */
function Refused({ draft, seen }: { draft: Draft; seen: Seen }) {
  const refused = draft.ops.filter((one) => one.sending === "refused");
  const there = draft.ops.some((one) => one.sending === "kept") ? undefined : draft.server?.state;
  return (
    <>
      {there && there !== seen.state && <p class="problem" role="status" data-testid="differs">{w("net.differs", { state: w(`state.${there}`) })}</p>}
      {draft.problem && <p class="problem loud" role="alert" data-testid="visit-problem">{w("net.problem", { why: draft.problem })}</p>}
      {refused.map((one) => {
        const code = (one.body["results"] as Result[] | undefined)?.map((each) => each.code).join(", ") ?? "";
        return <p key={one.id} class="problem" role="alert" data-testid="refused">{w("net.refused_one", { what: w(`op.${one.op}`, { code }) })}: {say(one.why)}</p>;
      })}
    </>
  );
}

function Items({ draft, seen, wanting }: { draft: Draft; seen: Seen; wanting: boolean }) {
  const left = draft.items.filter((item) => !seen.results.has(item.code)).length;
  const groups = grouped(draft.items);
  const done = (result: Result): void => {
    if (!same(seen.results.get(result.code), result)) void tap(draft.id, "results", { results: [result] });
  };
  return (
    <section data-testid="items" data-left={left}>
      {draft.items.length === 0 && <p class="problem">{w("in.no_plan")}</p>}
      {groups.map(({ place, items }) => (
        <div key={place}>
          {groups.length > 1 && <h2 class="place">{w(`place.${place}`)} <span class="num">{items.filter((item) => seen.results.has(item.code)).length}/{items.length}</span></h2>}
          <ul class="items">{items.map((item) => (
            <ItemRow key={item.code} item={item} lift={draft.lift.lift_id} result={seen.results.get(item.code) ?? null} wanting={wanting} onResult={done} />
          ))}</ul>
        </div>
      ))}
      {draft.items.length > 0 && <p class="left" role="status">{left > 0 ? w("item.left", { n: left }) : w("item.all", { n: draft.items.length })}</p>}
    </section>
  );
}

/** What the visit came to, and that the end has restored what was shown. */
function Over({ draft, seen }: { draft: Draft; seen: Seen }) {
  const outcomes = [...seen.results.values()].map((one) => one.outcome);
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  const known = draft.detail?.state === "left" || draft.detail?.state === "complete";
  const sent = known && draft.ops.every((one) => one.op !== "check_out" || one.sending === "sent");
  const said = [...(draft.detail?.timeline ?? [])].reverse().find((line) => line.kind === "restored");
  const found = draft.detail?.orders.filter((one) => one.state !== "withdrawn").length ?? 0;
  const bad = draft.items.filter((item) => seen.results.get(item.code)?.outcome === "abnormal");
  useEffect(() => {
    if (seen.officer) return;
    const timer = setInterval(() => void look(draft.id), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [draft.id, seen.officer === null]);
  return (
    <section class="over form" data-testid="over" data-state={seen.state} data-restored={sent}>
      <h1>{w(seen.state === "complete" ? "out.complete" : "out.done")}</h1>
      <p>{w("out.sum", { normal: count("normal"), abnormal: count("abnormal"), na: count("not_applicable") })}
        {seen.began_at && seen.left_at && <> · <span class="num">{duration(Date.parse(seen.left_at) - Date.parse(seen.began_at))}</span></>}</p>
      {bad.map((item) => <p key={item.code} class="warn">! {item.code} {nameOfItem(item, language.value)} · {seen.results.get(item.code)?.text}</p>)}
      {found > 0 && <p><a href={href("orders")}>{w("out.orders", { n: found })}</a></p>}
      <p class="told" role="status" data-testid="restored">{!sent ? w("out.restored_later") : said ? w("out.restored", { said: say(said.text) }) : w("out.never_shown")}</p>
      {draft.server?.marks.includes("late") && <p class="tag" data-testid="late">{w("mark.late")}</p>}
      {!seen.officer && <p class="muted">{w("out.officer_open")}</p>}
      <a class="button tall" href={href("round")}>{w("visit.back")}</a>
    </section>
  );
}

export function VisitPage({ id }: { id: string | null }) {
  useKnown();
  useSpot();
  const [wanting, setWanting] = useState(false);
  const draft = id ? drafts.value.get(id) : undefined;
  useEffect(() => void (draft && draft.ops.every((one) => one.sending === "sent") && look(draft.id)), [id, draft === undefined]);
  if (!draft) return <div class="mine visit-pages"><NoDisk /><Empty title={w("visit.not_here")} /><a class="button tall" href={href("round")}>{w("visit.back")}</a></div>;
  const seen = fold(draft);
  const { lift } = draft;
  const over = seen.state === "left" || seen.state === "complete";
  return (
    <div class="mine visit-pages" data-testid="visit" data-visit={draft.id} data-state={seen.state}>
      <NoDisk />
      <Rescue lift={lift.lift_id} />
      <header class="visit-head">
        <h1>{liftName({ ...lift, name: lift.name ?? lift.lift_id })}</h1>
        <p class="muted">{w(`kind.${draft.kind}`)}{seen.began_at && !over && <> · <span class="num" aria-live="off">{w("visit.since", { time: duration(phoneNow() - Date.parse(seen.began_at)) })}</span></>}</p>
        <Sync draft={draft} />
        {off.value && !over && <p class="muted">{w("net.no_rescue")}</p>}
      </header>
      <Refused draft={draft} seen={seen} />
      {seen.state === "interrupted" && (
        <section class="form">
          <p class="problem">{w("visit.paused", { time: duration(phoneNow() - Date.parse(seen.paused_at ?? "")) })}</p>
          <button type="button" class="button strong thumb" data-testid="resume" onClick={() => void tap(draft.id, "resume")}>{w("visit.resume")}</button>
        </section>
      )}
      {seen.state === "on_site" && (
        <>
          <Life draft={draft} seen={seen} />
          <Items draft={draft} seen={seen} wanting={wanting} />
          <More draft={draft} seen={seen} />
          <Signatures draft={draft} seen={seen} wanting={wanting} />
          <CheckOut draft={draft} seen={seen} wanting={wanting} onWanting={() => setWanting(true)} />
        </>
      )}
      {over && <Over draft={draft} seen={seen} />}
      {over && <Signatures draft={draft} seen={seen} wanting={false} />}
    </div>
  );
}
