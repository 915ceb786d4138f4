/** Signing by link, without an account: what was done, what is abnormal, who of the crew signed; then name and signature. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { say, t } from "../i18n";
import { ms } from "../model";
import { Empty, Fact } from "../ui/bits";
import type { Drawing, Signing } from "../upkeep/model";
import { Pad } from "../upkeep/Pad";
import { nameOf, When } from "../upkeep/parts";
import { Signed } from "../upkeep/RecordPage";
import { said, w } from "../upkeep/words";
import { type Failure, failureOf } from "./problem";
import "../style/upkeep.css";

const ask = (path: string, body: unknown): Promise<Signing> => call<Signing>("POST", path, { body, quiet401: true });
const moment = (at: string | null): string => dayAndTime(ms(at) ?? 0);

export default function SignPage({ code }: { code: string }) {
  const [view, setView] = useState<Signing | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [name, setName] = useState("");
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [busy, setBusy] = useState(false);

  async function look(): Promise<void> {
    setFailure(null);
    try {
      setView(await ask("/signing/look", { code }));
    } catch (error) {
      setFailure(failureOf(error));
    }
  }
  useEffect(() => {
    setView(null);
    void look();
  }, [code]);
  async function sign(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || !drawing || !view) return;
    setBusy(true);
    setFailure(null);
    try {
      setView(await ask("/signing", { code, name: name.trim(), drawing, version: view.version }));
    } catch (error) {
      setFailure(failureOf(error));
    }
    setBusy(false);
  }
  const words = failure && (failure.text ? say(failure.text) : failure.status === 0 || failure.status >= 500 ? t("signin.down") : failure.message);
  if (!view) {
    if (!failure) return <Empty title={t("loading")} />;
    return (
      <div class="up narrow" data-testid="sign-bad" data-reason={failure.reason ?? ""}>
        <h1>{w("sign.bad")}</h1>
        <p class="problem" role="alert">{words}</p>
        {failure.status !== 404 && <button type="button" class="button" onClick={() => void look()}>{t("retry")}</button>}
      </div>
    );
  }
  const bad = view.results.filter((one) => one.outcome === "abnormal");
  return (
    <div class="up narrow" data-testid="sign" data-signed={view.signed}>
      <h1>{w("sign.title")}</h1>
      <p class="up-sentence">{w("sign.sentence", {
        firm: view.firm_name, lift: nameOf(view), kind: view.kind ? said("kind", view.kind) : "",
        items: view.items, abnormal: bad.length,
      })}</p>
      {view.signed && <p class="up-good" role="status" data-testid="signed">{w("sign.done", { name: view.signed_by ?? "", at: moment(view.signed_at) })}</p>}
      <dl class="up-facts">
        <Fact name={w("rec.workers")}>{view.workers.join("、")}</Fact>
        <Fact name={w("rec.began")}><When at={view.began_at} /></Fact>
        {view.left_at && <Fact name={w("rec.left")}><When at={view.left_at} /></Fact>}
      </dl>
      <section>
        <h2>{w("rec.abnormal")}</h2>
        {bad.length === 0 && <p>{w("rec.no_abnormal")}</p>}
        <ul>{bad.map((one) => <Item key={one.code} of={one} />)}</ul>
      </section>
      <details class="up-all"><summary>{w("rec.items", { n: view.items })}</summary><ul>{view.results.map((one) => <Item key={one.code} of={one} />)}</ul></details>
      {view.notes.length > 0 && <section><h2>{w("rec.notes")}</h2><ul>{view.notes.map((one) => <li key={one.text}>{one.text}</li>)}</ul></section>}
      <section>
        <h2>{w("rec.signed")}</h2>
        {view.signatures.length === 0 && <p class="muted">{w("rec.crew")}: {w("rec.unsigned")}</p>}
        <ul class="up-signed">{view.signatures.map((one) => <Signed key={one.name} of={one} as={w("rec.crew")} />)}</ul>
      </section>
      {!view.signed && (
        <form class="form up-form" onSubmit={(event) => void sign(event)}>
          <p>{w("sign.what")}</p>
          <label class="field"><span>{w("sign.name")}</span><input name="name" autocomplete="name" required maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
          <Pad name={name} onDrawn={setDrawing} />
          {failure && <p class="problem" role="alert" data-testid="sign-problem" data-reason={failure.reason ?? ""}>{words} {failure.status === 409 && <button type="button" class="button" onClick={() => void look()}>{w("sign.look_again")}</button>}</p>}
          <button type="submit" class="button strong up-big" data-testid="sign-submit" disabled={busy || !drawing || name.trim() === ""}>{w("sign.submit")}</button>
          <p class="muted">{w("sign.expires", { at: moment(view.expires_at) })}</p>
        </form>
      )}
    </div>
  );
}

function Item({ of }: { of: Signing["results"][number] }) {
  return (
    <li class="up-item" data-testid="item" data-code={of.code} data-outcome={of.outcome ?? ""}>
      <span class="num muted">{of.code}</span>
      <span class="grow"><span class="block">{say(of.name)} <span class="muted">{say(of.must)}</span></span>{of.text && <span class="block">{of.text}</span>}{of.photos > 0 && <span class="muted block">{w("photos", { n: of.photos })}</span>}</span>
      {of.value !== null && <span class="num">{of.value} {of.unit}</span>}
      <strong>{of.outcome ? said("outcome", of.outcome) : "–"}</strong>
    </li>
  );
}
