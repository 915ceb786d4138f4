/** The end of a visit: signatures of the crew and of the property's safety officer, and the check-out with all that is missing. */
import { useState } from "preact/hooks";
import { post } from "../api";
import { tell } from "../store";
import { At } from "./bits";
import type { Seen, Signed } from "./fold";
import { missing } from "./fold";
import { workerName } from "./known";
import type { Draft } from "./model";
import { Drawn, Pad } from "./Pad";
import { off, tap } from "./state";
import { w } from "./words";

const NAMES = "liftline.officers";
function officers(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(NAMES) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

const Stands = ({ signed, name }: { signed: Signed; name: string }) => (
  <div class="signed" data-testid="signed"><Drawn drawing={signed.drawing} /><p>{name} · <At at={signed.at} /></p></div>
);

function Officer({ draft, seen }: { draft: Draft; seen: Seen }) {
  const house = draft.lift.building ?? "";
  const [name, setName] = useState(officers()[house] ?? "");
  const [nameless, setNameless] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const sign = (data: string): void => {
    if (!name.trim()) return setNameless(true);
    localStorage.setItem(NAMES, JSON.stringify({ ...officers(), [house]: name.trim() }));
    void tap(draft.id, "countersign", { name: name.trim(), drawing: { kind: "svg", data } });
  };
  const ask = async (): Promise<void> => {
    try {
      const made = await post<{ url: string }>(`/visits/${encodeURIComponent(draft.id)}/link`, {});
      const url = new URL(made.url, location.origin).href;
      setLink(url);
      await navigator.share?.({ url }).catch(() => undefined);
    } catch {
      tell(w("sign.link_net"), true);
    }
  };
  if (seen.officer) return <Stands signed={seen.officer} name={seen.officer.name} />;
  return (
    <div class="form" data-testid="officer">
      <label class="field"><span>{w("sign.name")}</span><input data-testid="officer-name" autocomplete="off" value={name} onInput={(event) => { setName(event.currentTarget.value); setNameless(false); }} /></label>
      {nameless && <p class="fault" role="alert" data-testid="fault" data-fault="fault.name_missing">{w("fault.name_missing")}</p>}
      <Pad testid="pad-officer" onDone={sign} />
      <button type="button" class="button" data-testid="sign-link" disabled={off.value} onClick={() => void ask()}>{w("sign.link")}</button>
      {link && (
        <p class="told" data-testid="link">{w("sign.link_ready")} <a href={link}>{link}</a>{" "}
          <button type="button" class="button" onClick={() => void navigator.clipboard?.writeText(link).then(() => tell(w("sign.copied")))}>{w("sign.copy")}</button></p>
      )}
      <p class="muted">{w("sign.later")}</p>
    </div>
  );
}

export function Signatures({ draft, seen, wanting }: { draft: Draft; seen: Seen; wanting: boolean }) {
  const crew = [seen.worker, seen.second].filter((id): id is string => id !== null);
  const here = seen.state === "on_site";
  return (
    <section class="signatures" data-testid="signatures">
      <h2>{w("sign.title")}</h2>
      {seen.sign_again && <p class="problem" role="status" data-testid="sign-again">{w("sign.again")}</p>}
      {crew.map((id) => {
        const signed = seen.signatures.find((one) => one.worker_id === id);
        return (
          <div key={id} class="form">
            <h3>{workerName(id)}</h3>
            {signed ? <Stands signed={signed} name={workerName(id)} />
              : here && <Pad testid={id === seen.worker ? "pad-worker" : "pad-second"} onDone={(data) => void tap(draft.id, "sign", { worker_id: id, drawing: { kind: "svg", data } })} />}
            {wanting && !signed && <p class="fault" role="alert" data-testid="fault" data-fault="fault.signature_missing">{w("fault.signature_missing", { name: workerName(id) })}</p>}
          </div>
        );
      })}
      <h3>{w("sign.officer")}</h3>
      <Officer draft={draft} seen={seen} />
    </section>
  );
}

/** All that is missing is told at once: here in one list, and beside each field. */
export function CheckOut({ draft, seen, onWanting, wanting }: { draft: Draft; seen: Seen; wanting: boolean; onWanting: () => void }) {
  const lacks = missing(seen, draft.items);
  const count = lacks.items.length + lacks.signatures.length;
  const out = (): void => {
    if (count > 0) return onWanting();
    void tap(draft.id, "check_out");
  };
  return (
    <section class="form">
      {wanting && count > 0 && (
        <div class="problem" role="alert" data-testid="wanting" data-count={count}>
          <p>{w("out.wrong", { n: count })}</p>
          <p class="wanting-list">
            {lacks.items.map((item) => (
              <button key={item.code} type="button" class="button plain num" onClick={() => document.querySelector(`[data-code="${CSS.escape(item.code)}"]`)?.scrollIntoView({ block: "center" })}>{item.code}</button>
            ))}
            {lacks.signatures.map((id) => <span key={id}>{w("fault.signature_missing", { name: workerName(id) })}</span>)}
          </p>
        </div>
      )}
      <button type="button" class="button strong thumb" data-testid="check-out" onClick={out}>{w("out.button")}</button>
    </section>
  );
}
