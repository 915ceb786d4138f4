/** The forms of the actions that need words or figures. What is likely is filled in; nothing is guessed. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { all, call, Once, post, why } from "../api";
import { form } from "../desk";
import { t } from "../i18n";
import type { ActionName, Firm, IncidentDetail, Lift, Unit } from "../model";
import { open, putDetail, role } from "../store";
import { LiftPicker } from "../ui/LiftPicker";
import { nameOf } from "./next";
import { placeWords } from "./words";

export type Body = Record<string, unknown>;
interface Props { incident: IncidentDetail; action: ActionName | "set_lift"; choices: string[] }

export const firms = signal<Firm[]>([]);
export const units = signal<Unit[]>([]);

/** Firms and units change rarely: asked for again each time a form or a pane needs them. */
export function useCrews(): void {
  useEffect(() => {
    void all<Firm>("/firms").then(({ items }) => (firms.value = items)).catch(() => undefined);
    void all<Unit>("/units").then(({ items }) => (units.value = items)).catch(() => undefined);
  }, []);
}

export function Field({ label, children, hint }: { label: string; children: ComponentChildren; hint?: string }) {
  return <label class="field"><span>{label}{hint ? ` · ${hint}` : ""}</span>{children}</label>;
}

/** Buttons of which one is chosen: quicker than a list when there are few. */
export function Chips<T extends string | number>({ label, options, value, onPick }:
  { label: string; options: readonly (readonly [T, string])[]; value: T | null; onPick: (value: T) => void }) {
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      <div class="chips">
        {options.map(([own, text]) => (
          <button key={own} type="button" class="button" aria-pressed={value === own} onClick={() => onPick(own)}>{text}</button>
        ))}
      </div>
    </fieldset>
  );
}

const numberOf = (event: Event): number | null => {
  const text = (event.currentTarget as HTMLInputElement).value;
  return text === "" ? null : Math.max(0, Math.trunc(Number(text)));
};
const textOf = (event: Event): string => (event.currentTarget as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement).value;

const ETAS = [5, 10, 15, 20, 30, 45] as const;
const METHODS = ["crew", "property", "self", "other"] as const;
const CANCELS = ["false_alarm", "test", "duplicate"] as const;
const CAUSES = ["door", "drive", "control", "safety", "power", "misuse", "overload", "water", "external", "unknown"] as const;

export function ActionForm({ incident, action, choices }: Props) {
  const box = useRef<HTMLFormElement>(null);
  const [body, setBody] = useState<Body>(() => first(incident, action, choices));
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [once] = useState(() => new Once());
  useCrews();
  useEffect(() => {
    const field = box.current?.querySelector<HTMLElement>("[data-first], input, select, textarea, .chips button");
    field?.focus();
    box.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const put = (part: Body): void => setBody((before) => ({ ...before, ...part }));

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    setProblem(null);
    const path = `/incidents/${encodeURIComponent(incident.id)}`;
    const clean: Body = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ""));
    if (action === "dispatch" && clean["unit_id"]) delete clean["firm_id"]; // the unit says whose it is
    try {
      const answer = action === "set_lift"
        ? await call<IncidentDetail>("PUT", `${path}/lift`, { body: clean })
        : await post<IncidentDetail>(`${path}/${action}`, clean, once.keyFor(clean));
      form.value = null;
      putDetail(answer);
    } catch (error) {
      once.failed(error);
      setProblem(why(error, t("form.network")));
      setSending(false);
    }
  }

  return (
    <form class="form action-form" ref={box} onSubmit={(event) => void send(event)} data-testid="action-form" data-action={action}>
      {choices.length > 1 && (
        <Field label={t("form.who")}>
          <select name="assignment_id" value={String(body["assignment_id"] ?? "")} onChange={(event) => put({ assignment_id: textOf(event) })}>
            {choices.map((id) => {
              const one = incident.assignments.find((each) => each.id === id);
              return <option key={id} value={id}>{one ? `${nameOf(one)} · ${t(`assignment.${one.state}`)}` : id}</option>;
            })}
          </select>
        </Field>
      )}
      <Fields incident={incident} action={action} body={body} put={put} />
      {problem && <p class="problem" role="alert">{t("form.failed", { why: problem })}</p>}
      <div class="form-foot">
        <button type="submit" class="button strong" data-testid="form-submit" disabled={sending || (action === "set_lift" && !body["lift_id"])}>
          {action === "set_lift" ? t("detail.set_lift") : t(`action.${action}`)}
        </button>
        <button type="button" class="button plain" onClick={() => (form.value = null)}>{t("cancel_form")} <kbd>Esc</kbd></button>
      </div>
    </form>
  );
}

/** What stands in a form when it opens. */
function first(incident: IncidentDetail, action: ActionName | "set_lift", choices: string[]): Body {
  const base: Body = choices.length > 1 ? { assignment_id: choices[0] } : choices.length === 1 ? { assignment_id: choices[0] } : {};
  switch (action) {
    case "dispatch":
      return { firm_id: incident.lift?.firm ?? "", unit_id: "", tier: 1 };
    case "release":
      return { persons: incident.persons, injured: 0, method: incident.arrived_at ? "crew" : null, said_by: "" };
    case "cancel":
      return { reason: "false_alarm" };
    default:
      return base;
  }
}

interface FieldsProps { incident: IncidentDetail; action: ActionName | "set_lift"; body: Body; put: (part: Body) => void }

function Fields({ incident, action, body, put }: FieldsProps) {
  const text = (name: string): string => String(body[name] ?? "");
  const note = <Field label={t("form.text")} hint={t("optional")}><input name="note" value={text("note")} onInput={(event) => put({ note: textOf(event) })} /></Field>;
  switch (action) {
    case "dispatch":
      return <DispatchFields body={body} put={put} />;
    case "accept":
      return (
        <>
          <Chips label={t("form.eta")} value={(body["eta_s"] as number | null) ?? null} onPick={(eta_s: number) => put({ eta_s })}
            options={ETAS.map((n) => [n * 60, t("form.minutes", { n })] as const)} />
          <UnitOfFirm incident={incident} body={body} put={put} />
        </>
      );
    case "release":
      return (
        <>
          <div class="pair">
            <Field label={t("form.persons")}>
              <input data-first name="persons" type="number" min="0" max="99" inputMode="numeric" required value={text("persons")} onInput={(event) => put({ persons: numberOf(event) })} />
            </Field>
            <Field label={t("form.injured")}>
              <input name="injured" type="number" min="0" max="99" inputMode="numeric" required value={text("injured")} onInput={(event) => put({ injured: numberOf(event) })} />
            </Field>
          </div>
          <Field label={t("form.method")}>
            <select name="method" required value={text("method")} onChange={(event) => put({ method: textOf(event) })}>
              <option value="">{t("choose")}</option>
              {METHODS.map((own) => <option key={own} value={own}>{t(`form.method_${own}`)}</option>)}
            </select>
          </Field>
          <Field label={t("form.said_by")}>
            <input name="said_by" required autocomplete="off" value={text("said_by")} onInput={(event) => put({ said_by: textOf(event) })} />
          </Field>
        </>
      );
    case "close":
      return (
        <>
          <Field label={t("form.cause")}>
            <select name="cause" required value={text("cause")} onChange={(event) => put({ cause: textOf(event) })}>
              <option value="">{t("choose")}</option>
              {CAUSES.map((own) => <option key={own} value={own}>{t(`cause.${own}`)}</option>)}
            </select>
          </Field>
          {incident.kind === "rescue" && (
            <Field label={t("form.verified")}>
              <input name="verified_with" required autocomplete="off" value={text("verified_with")} onInput={(event) => put({ verified_with: textOf(event) })} />
            </Field>
          )}
          {note}
        </>
      );
    case "cancel":
      return (
        <>
          <Field label={t("form.reason")}>
            <select name="reason" required value={text("reason")} onChange={(event) => put({ reason: textOf(event), duplicate_of: null })}>
              {CANCELS.map((own) => <option key={own} value={own}>{t(`form.reason_${own}`)}</option>)}
            </select>
          </Field>
          {body["reason"] === "duplicate" && (
            <Field label={t("form.duplicate_of")}>
              <select name="duplicate_of" required value={text("duplicate_of")} onChange={(event) => put({ duplicate_of: textOf(event) })}>
                <option value="">{t("choose")}</option>
                {open.value.filter((one) => one.id !== incident.id).map((one) => (
                  <option key={one.id} value={one.id}>{`${one.priority} ${t(`kind.${one.kind}`)} · ${placeWords(one)}`}</option>
                ))}
              </select>
            </Field>
          )}
          {note}
        </>
      );
    case "decline":
    case "reopen":
      return <Field label={t("form.reason")}><input name="reason" required autocomplete="off" value={text("reason")} onInput={(event) => put({ reason: textOf(event) })} /></Field>;
    case "note":
      return <Field label={t("form.text")}><textarea name="text" required value={text("text")} onInput={(event) => put({ text: textOf(event) })}
        onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit(); }} /></Field>;
    case "set_lift":
      return <LiftPicker picked={(body["picked"] as Lift | undefined) ?? null} onPick={(lift) => put({ lift_id: lift?.lift_id ?? null })} />;
    default:
      return note;
  }
}

function DispatchFields({ body, put }: { body: Body; put: (part: Body) => void }) {
  const firm = String(body["firm_id"] ?? "");
  const own = units.value.filter((unit) => unit.firm_id === firm && unit.active);
  return (
    <>
      <div class="pair">
        <Field label={t("form.firm")}>
          <select data-first name="firm_id" required value={firm} onChange={(event) => put({ firm_id: textOf(event), unit_id: "" })}>
            <option value="">{t("choose")}</option>
            {firms.value.filter((one) => one.active || one.id === firm).map((one) => <option key={one.id} value={one.id}>{one.name}{one.phone ? ` · ${one.phone}` : ""}</option>)}
          </select>
        </Field>
        <Field label={t("form.unit")}>
          <select name="unit_id" value={String(body["unit_id"] ?? "")} onChange={(event) => put({ unit_id: textOf(event) })}>
            <option value="">{t("form.unit_any")}</option>
            {own.map((unit) => <option key={unit.id} value={unit.id}>{unit.name}{unit.phone ? ` · ${unit.phone}` : ""}</option>)}
          </select>
        </Field>
      </div>
      {firms.value.length === 0 && <p class="muted">{t("form.no_firms")}</p>}
      {firm !== "" && firms.value.length > 0 && own.length === 0 && <p class="muted">{t("form.no_units")}</p>}
      <Chips label={t("form.tier")} value={Number(body["tier"])} onPick={(tier: number) => put({ tier })}
        options={[[1, t("form.tier_1")], [2, t("form.tier_2")], [3, t("form.tier_3")]]} />
    </>
  );
}

/** A firm that accepts says which of its units goes; a crew accepts for itself. */
export function UnitOfFirm({ incident, body, put }: { incident: { assignments: IncidentDetail["assignments"] }; body: Body; put: (part: Body) => void }) {
  const asked = incident.assignments.find((one) => one.id === body["assignment_id"]) ?? incident.assignments.find((one) => one.state === "asked");
  if (role.value === "responder" || !asked || asked.unit_id) return null;
  const own = units.value.filter((unit) => unit.firm_id === asked.firm_id && unit.active);
  if (own.length === 0) return null;
  return (
    <Field label={t("form.unit")}>
      <select name="unit_id" value={String(body["unit_id"] ?? "")} onChange={(event) => put({ unit_id: textOf(event) })}>
        <option value="">{t("form.unit_any")}</option>
        {own.map((unit) => <option key={unit.id} value={unit.id}>{unit.name}</option>)}
      </select>
    </Field>
  );
}
