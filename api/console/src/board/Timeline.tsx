/** What was done by whom, newest first, and the messages that went out. */
import { dayAndTime, isToday, timeOfDay } from "../clock";
import { codeTitle, reasonTitle, say, t, word } from "../i18n";
import { type Assignment, type IncidentDetail, ms, type TimelineEntry } from "../model";
import { nameOf } from "./next";

const clock = (at: number): string => (isToday(at) ? timeOfDay(at) : dayAndTime(at));

const CODE = /^[a-z][a-z_0-9]*$/;

function who({ actor }: TimelineEntry): string {
  if (actor.kind === "user" || actor.kind === "token") return actor.name ?? t(`actor.${actor.kind}`);
  return t(actor.kind === "caller" ? "actor.caller" : "actor.system");
}

/** A reason as people say it: a rule's title, a late tap's refusal, a person's own words. */
function reasonWords(reason: string): string {
  if (reason.startsWith("refused:")) return t("action.refused", { why: reason.slice(8) });
  const chosen = word("form", `reason_${reason}`);
  if (chosen !== `reason_${reason}`) return chosen;
  return CODE.test(reason) ? reasonTitle(reason) : reason;
}

/** The words of a note stand in its detail. */
const textOf = (detail: unknown): string | null => {
  const text = detail !== null && typeof detail === "object" ? (detail as Record<string, unknown>)["text"] : null;
  return typeof text === "string" && text !== "" ? text : null;
};

function Entry({ entry, asked }: { entry: TimelineEntry; asked: readonly Assignment[] }) {
  const at = ms(entry.at);
  const reason = entry.reason && reasonWords(entry.reason);
  const note = entry.note ?? textOf(entry.detail);
  return (
    <li class="entry" data-testid="timeline-entry" data-action={entry.action}>
      <time class="num" dateTime={entry.at}>{at === null ? t("unknown") : clock(at)}</time>
      <div>
        <p>
          <strong>{word("action", entry.action)}</strong>
          {entry.to && entry.from !== entry.to && word("state", entry.to) !== word("action", entry.action) && <> → {word("state", entry.to)}</>}
          <span class="muted"> · {who(entry)}{entry.actor.role && entry.actor.kind !== "system" ? ` (${word("role", entry.actor.role)})` : ""}</span>
        </p>
        {reason && <p class="muted">{reason}</p>}
        <Extra detail={entry.detail} asked={asked} />
        {note && <p class="entry-note">{note}</p>}
      </div>
    </li>
  );
}

/** What a person may want of an entry's detail: names and figures, never the whole object. */
function Extra({ detail, asked }: { detail: unknown; asked: readonly Assignment[] }) {
  if (detail === null || typeof detail !== "object") return null;
  const facts = detail as Record<string, unknown>;
  const parts: string[] = [];
  const about = [facts["assignment"], ...(Array.isArray(facts["assignments"]) ? facts["assignments"] : [])];
  for (const one of asked) if (about.includes(one.id)) parts.push(nameOf(one));
  for (const key of ["method", "said_by", "verified_with", "cause"] as const) {
    const value = facts[key];
    if (typeof value !== "string" || value === "") continue;
    if (key === "method") parts.push(word("form", `method_${value}`));
    else if (key === "cause") parts.push(word("cause", value) === value ? codeTitle(value) : word("cause", value));
    else parts.push(value);
  }
  if (typeof facts["persons"] === "number") parts.unshift(`${t("detail.persons")} ${facts["persons"]}`);
  if (typeof facts["eta_s"] === "number") parts.push(`${t("form.eta")} ${t("form.minutes", { n: Math.round(facts["eta_s"] / 60) })}`);
  return parts.length > 0 ? <p class="muted">{parts.join(" · ")}</p> : null;
}

export function Timeline({ incident }: { incident: IncidentDetail }) {
  const entries = [...incident.timeline].sort((a, b) => b.n - a.n);
  return (
    <section class="timeline">
      <h2>{t("detail.timeline")}</h2>
      <ol>{entries.map((entry) => <Entry key={entry.n} entry={entry} asked={incident.assignments} />)}</ol>
      {incident.messages.length > 0 && (
        <details>
          <summary>{t("detail.messages")} <span class="num">{incident.messages.length}</span></summary>
          <ol>
            {incident.messages.map((message) => {
              const at = ms(message.sent_at ?? message.at);
              return (
                <li class="entry" key={message.id}>
                  <time class="num">{at === null ? "" : clock(at)}</time>
                  <div>
                    <p>{say(message.text)}</p>
                    <p class="muted">{[message.channel, message.to, message.state].filter(Boolean).join(" · ")}</p>
                  </div>
                </li>
              );
            })}
          </ol>
        </details>
      )}
    </section>
  );
}
