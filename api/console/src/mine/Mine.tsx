/** The page for a wet thumb in a shaft: one column, one big button, everything else below it. */
import { liftName } from "../lift/name";
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError, mayWrite, newKey, post, why } from "../api";
import { now, duration, serverNow } from "../clock";
import { t } from "../i18n";
import { type ActionName, ms, type Task } from "../model";
import { loadTasks, me, tasks, tell } from "../store";
import { Clock, Countdown, Empty, Mark } from "../ui/bits";
import { Chips, Field, UnitOfFirm, useCrews, type Body } from "../board/forms";
import { due } from "../board/next";
import { Sentence } from "../board/Sentence";
import { title } from "../board/words";
import { keep, nextTap, settle, type Tap } from "./outbox";

const STORED = "liftline.taps";
const RETRY = 3000;

function stored(): Tap[] {
  try {
    const list = JSON.parse(localStorage.getItem(STORED) ?? "[]") as unknown;
    return Array.isArray(list) ? (list as Tap[]) : [];
  } catch {
    return [];
  }
}
const taps = signal<Tap[]>(stored());
const setTaps = (next: Tap[]): void => {
  taps.value = next;
  localStorage.setItem(STORED, JSON.stringify(next));
};

let sending = false;
async function flush(): Promise<void> {
  const user = me.peek()?.user.id;
  if (sending || !user || !mayWrite()) return; // a page opened without network waits for its session
  sending = true;
  try {
    for (let tap = nextTap(taps.peek(), user); tap; tap = nextTap(taps.peek(), user)) {
      try {
        await post(`/incidents/${encodeURIComponent(tap.incident)}/${tap.action}`, { ...tap.body, at: tap.at }, tap.key);
        setTaps(settle(taps.peek(), tap.key, "taken"));
      } catch (error) {
        const silent = !(error instanceof ApiError) || error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
        setTaps(settle(taps.peek(), tap.key, silent ? "no_answer" : "refused"));
        if (silent) return;
        tell(t("mine.refused", { why: why(error, t("form.network")) }), true);
      }
    }
  } finally {
    sending = false;
    void loadTasks().catch(() => undefined);
  }
}

/** An action on an incident, kept until it is answered; also by a crew on site that nobody has asked. */
export function tapIncident(incident: string, action: ActionName, body: Body): void {
  const user = me.peek()?.user.id;
  if (!user) return;
  navigator.vibrate?.(30);
  setTaps(keep(taps.peek(), { key: newKey(), user, incident, action, body, at: new Date(serverNow()).toISOString() }));
  void flush();
}
/** Whether this phone has said yes to a rescue and waits for the answer. */
export const answered = (incident: string): boolean =>
  taps.value.some((one) => one.incident === incident && one.action === "accept" && one.user === me.value?.user.id);

function tap(task: Task, action: ActionName, body: Body = {}): void {
  const clean = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ""));
  tapIncident(task.incident_id, action, action === "release" ? clean : { assignment_id: task.id, ...clean });
}
/** What was tapped on any page goes out from any page. */
export function useTaps(): void {
  useEffect(() => {
    void flush();
    const timer = setInterval(() => taps.peek().length > 0 && void flush(), RETRY);
    return () => clearInterval(timer);
  }, []);
}

export function Mine() {
  useCrews();
  useTaps();
  const list = tasks.value;
  const mine = taps.value.filter((one) => one.user === me.value?.user.id);
  return (
    <div class="mine" data-testid="mine">
      <h1>{t("mine.title")}</h1>
      {mine.map((one) => <p key={one.key} class="problem" role="status">{t("mine.queued", { action: t(`action.${one.action as ActionName}`) })}</p>)}
      {list === null && <Empty title={t("loading")} />}
      {list?.length === 0 && <Empty title={t("mine.none")} more={t("mine.none_more")} />}
      {list?.map((task) => <Job key={task.id} task={task} />)}
    </div>
  );
}

const ETAS = [5, 10, 15, 20, 30, 45] as const;

export function Job({ task }: { task: Task }) {
  const [form, setForm] = useState<"accept" | "decline" | "release" | null>(null);
  const [body, setBody] = useState<Body>({});
  const put = (part: Body): void => setBody((before) => ({ ...before, ...part }));
  const incident = task.incident;
  const at = due(task);
  const start = (name: typeof form): void => {
    setBody(name === "release" ? { persons: incident.persons, injured: 0, method: "crew", said_by: me.peek()?.user.name ?? "" } : { assignment_id: task.id });
    setForm(name);
  };
  const send = (event: Event, action: ActionName): void => {
    event.preventDefault();
    tap(task, action, body);
    setForm(null);
  };
  const waiting = (action: string): boolean => taps.value.some((one) => one.incident === task.incident_id && one.action === action);
  const number = (event: Event): number | null => {
    const value = (event.currentTarget as HTMLInputElement).value;
    return value === "" ? null : Math.max(0, Math.trunc(Number(value)));
  };
  const { lift } = incident;
  return (
    <article class="job" data-testid="job" data-assignment={task.id} data-state={task.state} data-incident={task.incident_id}>
      <header>
        <Mark priority={incident.priority} outline={task.state !== "asked"} size={34} />
        <div class="grow"><h2>{(lift && liftName(lift)) ?? incident.place ?? t("row.no_lift")}</h2><p>{title(incident)}</p></div>
        <strong class="job-clock"><Clock since={incident.opened_at} until={incident.released_at} /></strong>
      </header>
      <p class="job-where">{lift?.address}</p>
      <p class="job-code">{t("lift.code")} <strong class="num">{incident.rescue_code ?? t("unknown")}</strong></p>
      <p data-testid="summary"><Sentence incident={incident} /></p>
      <p class="muted">
        {task.state !== "asked" && t(`assignment.${task.state}`)}
        {task.state === "asked" && <>{t("mine.asked_for", { time: duration(now.value - (ms(task.asked_at) ?? now.value)) })}</>}
        {task.state === "accepted" && at !== null && (at > now.value
          ? <> · {t("row.eta")} <Countdown at={at} passed="" /></>
          : <> · <b class="warn">{t("row.late")} <Clock since={new Date(at).toISOString()} /></b></>)}
      </p>
      {form === null && (
        <div class="job-actions">
          {task.state === "asked" && <button type="button" class="button strong thumb" data-testid="action-accept" disabled={waiting("accept")} onClick={() => start("accept")}>{t("action.accept")}</button>}
          {task.state === "accepted" && <button type="button" class="button strong thumb" data-testid="action-arrive" disabled={waiting("arrive")} onClick={() => tap(task, "arrive")}>{t("action.arrive")}</button>}
          {task.state === "arrived" && <button type="button" class="button strong thumb" data-testid="action-release" disabled={waiting("release")} onClick={() => start("release")}>{t("action.release")}</button>}
          <div class="job-more">
            {task.state === "accepted" && <button type="button" class="button" data-testid="action-on_way" disabled={waiting("on_way")} onClick={() => tap(task, "on_way")}>{t("action.on_way")}</button>}
            {(task.state === "asked" || task.state === "accepted") && <button type="button" class="button" data-testid="action-decline" onClick={() => start("decline")}>{t("action.decline")}</button>}
            {incident.callers.map((one) => <a key={one} class="button whole" href={`tel:${one.replace(/[^+\d]/g, "")}`}>{t("mine.call")} {one}</a>)}
            {lift?.lat != null && lift.lon != null && <a class="button" href={`geo:${lift.lat},${lift.lon}?q=${lift.lat},${lift.lon}`}>{t("mine.map")}</a>}
          </div>
        </div>
      )}
      {form === "accept" && (
        <form class="form" onSubmit={(event) => send(event, "accept")}>
          <Chips label={t("mine.eta_ask")} value={(body["eta_s"] as number | null) ?? null} onPick={(eta_s: number) => put({ eta_s })} options={ETAS.map((n) => [n * 60, t("form.minutes", { n })] as const)} />
          <UnitOfFirm incident={{ assignments: [task] }} body={body} put={put} />
          <Send label={t("action.accept")} back={() => setForm(null)} />
        </form>
      )}
      {form === "decline" && (
        <form class="form" onSubmit={(event) => send(event, "decline")}>
          <Field label={t("form.reason")}><input name="reason" required value={String(body["reason"] ?? "")} onInput={(event) => put({ reason: event.currentTarget.value })} /></Field>
          <Send label={t("action.decline")} back={() => setForm(null)} />
        </form>
      )}
      {form === "release" && (
        <form class="form" onSubmit={(event) => send(event, "release")}>
          <div class="pair">
            <Field label={t("form.persons")}><input name="persons" type="number" inputMode="numeric" min="0" required value={String(body["persons"] ?? "")} onInput={(event) => put({ persons: number(event) })} /></Field>
            <Field label={t("form.injured")}><input name="injured" type="number" inputMode="numeric" min="0" required value={String(body["injured"] ?? "")} onInput={(event) => put({ injured: number(event) })} /></Field>
          </div>
          <Chips label={t("form.method")} value={String(body["method"] ?? "")} onPick={(method: string) => put({ method })}
            options={(["crew", "property", "self", "other"] as const).map((own) => [own, t(`form.method_${own}`)] as const)} />
          <Field label={t("form.said_by")}><input name="said_by" required value={String(body["said_by"] ?? "")} onInput={(event) => put({ said_by: event.currentTarget.value })} /></Field>
          <Send label={t("action.release")} back={() => setForm(null)} />
        </form>
      )}
    </article>
  );
}

const Send = ({ label, back }: { label: string; back: () => void }) => (
  <div class="job-actions">
    <button type="submit" class="button strong thumb" data-testid="form-submit">{label}</button>
    <button type="button" class="button" onClick={back}>{t("cancel_form")}</button>
  </div>
);
