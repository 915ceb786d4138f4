/** All lifts, found by what a person would say; live state beside each. */
import { liftName } from "./name";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, why } from "../api";
import { t } from "../i18n";
import type { Lift, Page } from "../model";
import { href } from "../router";
import { lifts, open, putLift } from "../store";
import { Empty, Mark, Unknown, Value } from "../ui/bits";
import { Heard, Where } from "./State";

const PAGE = 50;

export function LiftList() {
  const [text, setText] = useState("");
  const [ids, setIds] = useState<string[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useRef(0);

  async function load(cursor: string | null): Promise<void> {
    asked.current += 1;
    const mine = asked.current;
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (text.trim()) query.set("q", text.trim());
    if (cursor) query.set("cursor", cursor);
    try {
      const page = await get<Page<Lift>>(`/lifts?${query}`);
      if (mine !== asked.current) return;
      page.items.forEach(putLift);
      const found = page.items.map((lift) => lift.lift_id);
      setIds((before) => (cursor ? [...(before ?? []), ...found] : found));
      setNext(page.next_cursor);
      setProblem(null);
    } catch (error) {
      if (mine === asked.current) setProblem(why(error, t("signin.down")));
    }
  }
  useEffect(() => {
    const timer = setTimeout(() => void load(null), text ? 160 : 0);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <div class="lifts">
      <header class="lifts-head">
        <h1>{t("lifts.title")}</h1>
        <input type="search" data-testid="lift-search" autocomplete="off" aria-label={t("lifts.search")} placeholder={t("lifts.search")} value={text}
          onInput={(event) => setText(event.currentTarget.value)} />
        {ids && <span class="muted num">{t("lifts.count", { n: ids.length })}</span>}
      </header>
      {problem && <p class="problem">{problem} <button type="button" class="button" onClick={() => void load(null)}>{t("retry")}</button></p>}
      {ids?.length === 0 && <Empty title={t(text ? "lifts.none" : "lifts.empty")} />}
      {ids === null && !problem && <Empty title={t("loading")} />}
      <ul class="lift-rows">
        {(ids ?? []).map((id) => {
          const lift = lifts.value.get(id);
          return lift ? <li key={id}><LiftRow lift={lift} /></li> : null;
        })}
      </ul>
      {next && <button type="button" class="button" onClick={() => void load(next)}>{t("lifts.more")}</button>}
    </div>
  );
}

function LiftRow({ lift }: { lift: Lift }) {
  const incident = open.value.filter((one) => one.lift_id === lift.lift_id).sort((a, b) => a.priority.localeCompare(b.priority))[0];
  const sample = lift.state?.sample;
  return (
    <a class="lift-row" href={href("lifts", lift.lift_id)} data-testid="lift-row" data-lift={lift.lift_id}>
      <span class="lift-mark">{incident && <Mark priority={incident.priority} outline={incident.acknowledged_at !== null} size={24} />}</span>
      <span class="lift-name">
        <strong class="cut block">{liftName(lift)}</strong>
        <span class="muted num">{lift.rescue_code}{lift.registered === false ? ` · ${t("lift.unregistered")}` : ""}</span>
      </span>
      <span class="lift-where"><span class="cut block">{lift.address || "–"}</span><span class="muted cut block">{[lift.district, lift.firm_name].filter(Boolean).join(" · ")}</span></span>
      <span class="lift-state">
        <span class="cut block">
          {sample ? <>{t("lift.floor")} <Where lift={lift} /> · {t("lift.door")} <Value prefix="door" of={sample.door} />{sample.mode && sample.mode !== "normal" ? <> · <Value prefix="mode" of={sample.mode} /></> : null}</> : <Unknown />}
        </span>
        <span class="cut block"><Heard lift={lift} /></span>
      </span>
    </a>
  );
}
