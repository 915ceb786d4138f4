/** "Why is there no alarm?": every rule's state now, asked of the platform whenever the lift says something. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get } from "../api";
import { duration, now } from "../clock";
import { openIncident } from "../desk";
import { say, t } from "../i18n";
import { type LiftDecision, ms, type RuleState } from "../model";
import { atDesk, lifts } from "../store";
import { Countdown } from "../ui/bits";
import { Parts } from "../ui/Parts";

/** Without news the answer is as old as this at most, ms: time alone changes it too. */
const AGAIN = 3000;
/** Asked no more often than this, ms: a travelling car sends many samples a second. */
const LEAST = 1000;
/** A rule on its way is asked about just after its moment, ms. */
const AFTER = 250;

const SPEAKS: ReadonlySet<string> = new Set(["running", "suspected", "confirmed", "answered"]);

/** The platform's answer for a lift, kept young while the page is open. */
export function useDecision(id: string): { told: LiftDecision | null; failed: boolean } {
  const [told, setTold] = useState<LiftDecision | null>(null);
  const [failed, setFailed] = useState(false);
  const askedAt = useRef(-Infinity);
  const heard = lifts.value.get(id)?.state;
  const news = `${heard?.heard_at}${heard?.link_at}${heard?.online}`;
  useEffect(() => {
    setTold(null);
    setFailed(false);
    askedAt.current = -Infinity;
  }, [id]);
  useEffect(() => {
    let dropped = false;
    let timer = 0;
    const ask = (): void => {
      askedAt.current = performance.now();
      void get<LiftDecision>(`/lifts/${encodeURIComponent(id)}/decision`)
        .then((answer) => {
          setTold(answer); // news came meanwhile: this is still the newest answer
          setFailed(false);
          if (!dropped) timer = window.setTimeout(ask, Math.max(LEAST, Math.min(AGAIN, untilNext(answer))));
        })
        .catch((error: unknown) => {
          if (dropped) return;
          setFailed(true);
          if (!(error instanceof ApiError && (error.status === 404 || error.status === 403))) timer = window.setTimeout(ask, AGAIN);
        });
    };
    timer = window.setTimeout(ask, Math.max(0, LEAST - (performance.now() - askedAt.current)));
    return () => {
      dropped = true;
      clearTimeout(timer);
    };
  }, [id, news]);
  return { told: told?.lift_id === id ? told : null, failed };
}

/** How long until a rule changes its word by time alone, ms. */
function untilNext(told: LiftDecision): number {
  const at = ms(told.at) ?? 0;
  const moments = told.rules.flatMap((one) => [ms(one.suspects_at), ms(one.confirms_at)]).filter((one): one is number => one !== null && one > at);
  return moments.length > 0 ? Math.min(...moments) - at + AFTER : AGAIN;
}

export function Decision({ id }: { id: string }) {
  const { told, failed } = useDecision(id);
  const speaking = told?.rules.filter((one) => SPEAKS.has(one.state)) ?? [];
  const alarm = speaking.some((one) => one.state === "suspected" || one.state === "confirmed");
  const rescue = told?.rescue ?? null;
  return (
    <section class="lift-decision" data-testid="lift-decision" data-at={told?.at} aria-busy={told === null && !failed}>
      <h2>{t(alarm ? "decision.title_alarm" : "decision.title")}</h2>
      {failed && <p class="warn">{t("decision.failed")}</p>}
      {told === null && !failed && <p class="muted">{t("loading")}</p>}
      {told && (
        <>
          <p class="decision-sentence" data-testid="decision-sentence">{say(told.summary)}</p>
          {!told.listening && <p class="warn">{t("decision.not_listening")}</p>}
          {rescue !== null && atDesk.value && <button type="button" class="button" onClick={() => openIncident(rescue, false)}>{t("decision.open")}</button>}
          <ul class="rules">{told.rules.map((one) => <Rule key={one.rule} one={one} asked={ms(told.at) ?? 0} />)}</ul>
        </>
      )}
    </section>
  );
}

function Rule({ one, asked }: { one: RuleState; asked: number }) {
  const missing = one.parts.filter((part) => part.holds !== true).length;
  const inside = (
    <>
      <span class="rule-sign" aria-hidden="true">{SIGNS[one.state]}</span>
      <span class="grow">{say(one.title)}</span>
      <span class="rule-state"><strong>{t(`rule.${one.state}`)}</strong>{one.state === "idle" && missing > 0 && <span class="muted"> · {t("rule.missing", { n: missing, all: one.parts.length })}</span>}</span>
    </>
  );
  if (one.parts.length === 0) return <li class="rule" data-rule={one.rule} data-state={one.state}><div class="rule-head">{inside}</div></li>;
  return (
    <li class="rule" data-rule={one.rule} data-state={one.state}>
      <details open={SPEAKS.has(one.state)}>
        <summary class="rule-head">{inside}</summary>
        <p class="rule-times muted num"><Times one={one} asked={asked} /></p>
        <Parts parts={one.parts} />
      </details>
    </li>
  );
}

const SIGNS: Record<RuleState["state"], string> = {
  idle: "○", running: "◔", suspected: "◑", confirmed: "●", answered: "◍", switched_off: "–", other_class: "–",
};

/** Since when, what time alone will do next, and the rule's own times. */
function Times({ one, asked }: { one: RuleState; asked: number }) {
  const since = ms(one.since);
  const suspects = ms(one.suspects_at);
  const confirms = ms(one.confirms_at);
  const again = ms(one.asks_again_at);
  const at = Math.max(asked, now.value);
  return (
    <>
      {since !== null && <><b>{t("rule.since", { time: duration(at - since) })}</b> · </>}
      {one.interrupted_at !== null && <>{t("rule.interrupted")} · </>}
      {suspects !== null && <>{t("rule.suspects")} <Countdown at={suspects} passed={t("rule.now")} /> · </>}
      {confirms !== null && <>{t("rule.confirms")} <Countdown at={confirms} passed={t("rule.now")} /> · </>}
      {again !== null && <>{t("rule.again")} <Countdown at={again} passed={t("rule.now")} /> · </>}
      {one.never_confirms || one.confirm_s === null ? t("rule.limit", { s: one.suspect_s }) : t("rule.limits", { s: one.suspect_s, c: one.confirm_s })}
    </>
  );
}
