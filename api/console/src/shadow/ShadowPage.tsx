/** The policy that is tried beside the live one: what it caught, missed and raised for nothing, and the seconds gained. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get, why } from "../api";
import { dayAndTime, timeOfDay } from "../clock";
import { reasonTitle, t } from "../i18n";
import { ms, type Page } from "../model";
import { href } from "../router";
import { Ago, Empty, Unknown } from "../ui/bits";
import { type Counts, figures, ruleOf, seconds, type Side, type Verdict, VERDICTS } from "./figures";
import { Gained } from "./Gained";

interface Opened { id: string; reason: string; opened_at: string; rang_at: string | null; ended_at: string | null }
export interface Case {
  lift_id: string;
  name: string | null;
  at: string;
  verdict: Verdict;
  truth: "trapped" | "nobody" | "unknown";
  gained_s: number | null;
  live: (Opened & { state: string; persons: number | null }) | null;
  shadow: Opened | null;
}
interface Answer extends Page<Case> {
  configured: boolean;
  run: { id: string; began_at: string; alive_at: string; heard_until: string; alive: boolean; heard: number; missed: number } | null;
  differences: { name: string; live: number | null; shadow: number | null }[];
  totals: {
    verdicts: Counts;
    gained_s: { median: number | null; best: number | null; worst: number | null };
    live_suspicions: number;
    shadow_suspicions: number;
  };
  complete: boolean;
  since: string;
}

const REFRESH = 30_000;

export function ShadowPage() {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [caught, setCaught] = useState<Case[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useRef(0);

  async function load(cursor: string | null): Promise<void> {
    asked.current += 1;
    const mine = asked.current;
    const only = verdict ? `&verdict=${verdict}` : "";
    try {
      const [page, both] = await Promise.all([
        get<Answer>(`/shadow?limit=50${only}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`),
        get<Answer>("/shadow?limit=200&verdict=both_caught"),
      ]);
      if (mine !== asked.current) return;
      setAnswer((before) => (cursor && before ? { ...page, items: [...before.items, ...page.items] } : page));
      setCaught(both.items);
      setProblem(null);
    } catch (error) {
      if (mine === asked.current) setProblem(why(error, t("signin.down")));
    }
  }
  useEffect(() => {
    void load(null);
    const timer = setInterval(() => void load(null), REFRESH);
    return () => clearInterval(timer);
  }, [verdict]);

  if (!answer) return problem ? <p class="problem">{problem}</p> : <Empty title={t("loading")} />;
  return (
    <div class="shadow" data-testid="shadow">
      <header class="shadow-head">
        <h1>{t("shadow.title")}</h1>
        <Hearing run={answer.run} />
      </header>
      {problem && <p class="problem">{problem}</p>}
      {!answer.run
        ? <Empty title={t("shadow.none")} more={t(answer.configured ? "shadow.none_yet" : "shadow.none_more")} />
        : <Compared answer={answer} caught={caught} verdict={verdict} choose={setVerdict} more={() => void load(answer.next_cursor)} />}
    </div>
  );
}

/** Whether it runs, and how far it has heard. */
function Hearing({ run }: { run: Answer["run"] }) {
  if (!run) return null;
  return (
    <p class="muted" data-testid="shadow-run" data-alive={run.alive}>
      {run.alive
        ? <>{t("shadow.runs", { since: dayAndTime(ms(run.began_at) ?? 0) })}</>
        : <strong class="shadow-stopped">{t("shadow.stopped")} <Ago at={run.heard_until} /></strong>}
      {run.missed > 0 && <> · {t("shadow.missed_rows", { n: run.missed, of: run.heard + run.missed })}</>}
    </p>
  );
}

function Compared({ answer, caught, verdict, choose, more }: {
  answer: Answer; caught: Case[]; verdict: Verdict | null; choose: (verdict: Verdict | null) => void; more: () => void;
}) {
  const { verdicts, gained_s: gained, live_suspicions: live, shadow_suspicions: shadow } = answer.totals;
  const sums = figures(verdicts, { live, shadow });
  const cases = VERDICTS.reduce((sum, one) => sum + verdicts[one], 0);
  return (
    <>
      <p class="shadow-sentence" data-testid="shadow-sentence">
        {sums.trapped === 0
          ? t("shadow.nobody_trapped")
          : t("shadow.sentence", { of: sums.trapped, shadow: sums.shadow.caught, live: sums.live.caught })}
        {" "}
        {gained.median !== null && t(gained.median >= 0 ? "shadow.earlier" : "shadow.later", { time: seconds(Math.abs(gained.median)).replace(/^[+±]/, "") })}
      </p>
      {!answer.complete && <p class="problem">{t("shadow.incomplete")}</p>}
      <div class="shadow-parts">
        <section>
          <h2>{t("shadow.figures")}</h2>
          <Table live={sums.live} shadow={sums.shadow} />
        </section>
        <section>
          <h2>{t("shadow.gained")}</h2>
          <Gained cases={caught} median={gained.median} />
        </section>
        <section>
          <h2>{t("shadow.thresholds")}</h2>
          <Differences of={answer.differences} />
        </section>
      </div>
      <div class="chips" role="group" aria-label={t("shadow.which")}>
        <button type="button" class="button" aria-pressed={verdict === null} onClick={() => choose(null)}>{t("shadow.all")} <span class="num">{cases}</span></button>
        {VERDICTS.filter((one) => verdicts[one] > 0 || one === verdict).map((one) => (
          <button key={one} type="button" class="button" data-testid="shadow-chip" data-verdict={one} aria-pressed={verdict === one} onClick={() => choose(one)}>
            {t(`shadow.v.${one}`)} <span class="num">{verdicts[one]}</span>
          </button>
        ))}
      </div>
      {answer.items.length === 0 && <Empty title={t("shadow.no_cases")} />}
      <ul class="shadow-rows">{answer.items.map((one) => <li key={`${one.at} ${one.lift_id}`}><Row of={one} /></li>)}</ul>
      {answer.next_cursor && <button type="button" class="button" onClick={more}>{t("lifts.more")}</button>}
    </>
  );
}

const SIDES = ["caught", "missed", "falsely", "unknown", "suspicions"] as const;

function Table({ live, shadow }: { live: Side; shadow: Side }) {
  return (
    <table class="shadow-table" data-testid="shadow-figures">
      <thead><tr><td /><th scope="col">{t("shadow.live")}</th><th scope="col">{t("shadow.shadow")}</th></tr></thead>
      <tbody>
        {SIDES.map((one) => (
          <tr key={one} data-figure={one}>
            <th scope="row">{t(`shadow.f.${one}`)}</th>
            <td class="num">{live[one]}</td>
            <td class={`num${live[one] === shadow[one] ? "" : " differs"}`}>{shadow[one]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differences({ of }: { of: Answer["differences"] }) {
  if (of.length === 0) return <p>{t("shadow.same")}</p>;
  const value = (one: number | null) => (one === null ? t("shadow.never") : String(one));
  return (
    <table class="shadow-table" data-testid="shadow-differences">
      <thead><tr><td /><th scope="col">{t("shadow.live")}</th><th scope="col">{t("shadow.shadow")}</th></tr></thead>
      <tbody>
        {of.map((one) => {
          const rule = ruleOf(one.name);
          return (
            <tr key={one.name} data-name={one.name}>
              <th scope="row">{rule ? t(`shadow.t.${rule.step}`, { rule: reasonTitle(rule.rule) }) : <code>{one.name}</code>}</th>
              <td class="num">{value(one.live)}</td>
              <td class="num differs">{value(one.shadow)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Told({ of, side }: { of: Opened | null; side: "live" | "shadow" }) {
  const rang = ms(of?.rang_at);
  return (
    <span class="shadow-told">
      <span class="muted">{t(`shadow.${side}`)}</span>{" "}
      {of === null || rang === null ? <span>{t("shadow.nothing")}</span> : <><span class="num">{timeOfDay(rang)}</span> {reasonTitle(of.reason)}</>}
    </span>
  );
}

function Row({ of }: { of: Case }) {
  const at = ms(of.at);
  const persons = of.live?.persons;
  return (
    <div class="shadow-row" data-testid="shadow-row" data-verdict={of.verdict} data-lift={of.lift_id}>
      <span class="num muted">{at === null ? <Unknown /> : dayAndTime(at)}</span>
      <a class="cut" href={href("lifts", of.lift_id)}>{of.name ?? of.lift_id}</a>
      <span class="shadow-verdict">
        <strong>{t(`shadow.v.${of.verdict}`)}</strong>
        <span class="muted"> {t(`shadow.truth.${of.truth}`, { n: persons ?? 0 })}</span>
      </span>
      <span class="num shadow-gained">{of.gained_s === null ? "" : seconds(of.gained_s)}</span>
      <span class="shadow-both"><Told of={of.live} side="live" /><Told of={of.shadow} side="shadow" /></span>
    </div>
  );
}
