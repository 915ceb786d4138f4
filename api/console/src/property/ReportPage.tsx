/**
 * Behind the code on a lift, without an account. Somebody trapped comes first and stands there whatever the server
 * says: what helps at once, and one tap that tells the rescue centre. Everything else is a fault for the firm.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { call, newKey } from "../api";
import { timeOfDay } from "../clock";
import { say, t } from "../i18n";
import { liftName } from "../lift/name";
import { ms, type Words } from "../model";
import { href } from "../router";
import { said as word, w } from "../upkeep/words";
import { type Failure, failureOf } from "./problem";
import "../style/upkeep.css";

interface View {
  name: string | null; building: string | null; address: string | null; rescue_code: string | null; rescue_phone: string | null; firm_name: string | null;
  rescue_under_way: boolean; kinds: Record<string, Words>; known: string[];
}
interface Taken { kind: string; at: string; outcome: string; text: Words }

/** Sends under one key until it is answered: a second tap after a lost answer counts once. */
function useSending(code: string) {
  const key = useRef(newKey());
  const [taken, setTaken] = useState<Taken | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  async function send(body: Record<string, string>): Promise<boolean> {
    if (busy) return false;
    setBusy(true);
    setFailure(null);
    setTaken(null);
    try {
      setTaken(await call<Taken>("POST", "/reports", { body: { code, key: key.current, ...body }, quiet401: true }));
      key.current = newKey();
      return true;
    } catch (error) {
      setFailure(failureOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { taken, failure, busy, send };
}

const wrong = (one: Failure): string => (one.text ? say(one.text) : one.status === 0 || one.status >= 500 ? w("report.offline") : one.message);

export default function ReportPage({ code, lift }: { code: string; lift: string | null }) {
  const [view, setView] = useState<View | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  async function look(): Promise<void> {
    setFailure(null);
    try {
      setView(await call<View>("POST", "/reports/look", { body: { code }, quiet401: true }));
    } catch (error) {
      setFailure(failureOf(error));
    }
  }
  useEffect(() => {
    setView(null);
    void look();
  }, [code]);
  return (
    <div class="up narrow report" data-testid="report">
      <header>
        <h1>{view ? liftName({ ...view, lift_id: "" }) : w("report.title")}</h1>
        {view?.address && <p class="muted">{view.address}</p>}
      </header>
      <Trapped code={code} view={view} wrongCode={failure?.reason === "wrong_code"} />
      {failure && <p class="problem" role="alert" data-testid="report-problem" data-reason={failure.reason ?? ""}>{wrong(failure)} {failure.reason !== "wrong_code" && <button type="button" class="button" onClick={() => void look()}>{t("retry")}</button>}</p>}
      {view && <Fault code={code} view={view} done={() => void look()} />}
      {lift && <p><a href={href("lifts", lift)}>{w("report.crew")}</a></p>}
    </div>
  );
}

function Trapped({ code, view, wrongCode }: { code: string; view: View | null; wrongCode: boolean }) {
  const { taken, failure, busy, send } = useSending(code);
  const [phone, setPhone] = useState("");
  return (
    <section class="trapped" data-testid="trapped">
      <h2>{w("report.trapped")}</h2>
      <p>{w("report.first")} {view?.rescue_phone
        ? <a class="trapped-phone num" href={`tel:${view.rescue_phone.replace(/[^+\d]/g, "")}`}>{view.rescue_phone}</a>
        : <strong>{w("report.posted")}</strong>}</p>
      {view?.rescue_code && <p>{w("report.code")} <strong class="trapped-code num">{view.rescue_code}</strong></p>}
      <p>{w("report.stay")}</p>
      {view?.rescue_under_way && !taken && <p class="trapped-said">{w("report.under_way")}</p>}
      {taken && <p class="trapped-said" role="alert" data-testid="trapped-taken" data-outcome={taken.outcome}>{timeOfDay(ms(taken.at) ?? 0)} {say(taken.text)}</p>}
      {failure && <p class="trapped-said" role="alert">{wrong(failure)}</p>}
      {!wrongCode && (
        <>
          <button type="button" class="button strong up-big" data-testid="trapped-send" disabled={busy} onClick={() => void send({ kind: "trapped", ...(phone.trim() ? { phone: phone.trim() } : {}) })}>
            {busy ? w("report.telling") : w("report.tell")}
          </button>
          <label class="field"><span>{w("report.phone")}</span><input name="phone" type="tel" autocomplete="tel" maxLength={50} value={phone} onInput={(event) => setPhone(event.currentTarget.value)} /></label>
        </>
      )}
    </section>
  );
}

function Fault({ code, view, done }: { code: string; view: View; done: () => void }) {
  const { taken, failure, busy, send } = useSending(code);
  const [kind, setKind] = useState<string | null>(null);
  const [text, setText] = useState("");
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (kind === null) return;
    if (await send({ kind, ...(text.trim() ? { text: text.trim() } : {}) })) {
      setKind(null);
      setText("");
      done();
    }
  }
  return (
    <form class="form up-form" onSubmit={(event) => void submit(event)}>
      <h2>{w("report.fault")}</h2>
      <div class="chips" role="group" aria-label={w("report.fault")}>
        {Object.entries(view.kinds).filter(([one]) => one !== "trapped").map(([one, words]) => (
          <button key={one} type="button" class="button" data-testid="trouble" data-kind={one} aria-pressed={kind === one} onClick={() => setKind(one)}>
            {say(words) || word("kind", one)}{view.known.includes(one) && <span class="muted"> · {w("report.known")}</span>}
          </button>
        ))}
      </div>
      <label class="field"><span>{w("report.text")}</span><textarea name="text" maxLength={500} value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
      <button type="submit" class="button strong up-big" data-testid="fault-send" disabled={busy || kind === null}>{w("send")}</button>
      {taken && <p class="up-good" role="status" data-testid="fault-taken" data-outcome={taken.outcome}>{say(taken.text)}</p>}
      {failure && <p class="problem" role="alert" data-testid="fault-problem" data-reason={failure.reason ?? ""}>{wrong(failure)}</p>}
      <p class="muted">{w("report.private")}</p>
    </form>
  );
}
