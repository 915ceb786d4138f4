/** What a visit needs now and then: parts, a second worker who comes or goes, a break, a note. */
import { useState } from "preact/hooks";
import type { Seen } from "./fold";
import { workerName, workers } from "./known";
import type { Draft } from "./model";
import { tap } from "./state";
import { w } from "./words";

export function More({ draft, seen }: { draft: Draft; seen: Seen }) {
  const [nameless, setNameless] = useState(false);
  const people = (workers.value?.value ?? []).filter((one) => one.active && one.id !== seen.worker);
  const part = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const said = new FormData(form);
    const text = (name: string): string => String(said.get(name) ?? "").trim();
    if (!text("name")) return setNameless(true);
    setNameless(false);
    const count = Number(text("count") || "1");
    void tap(draft.id, "part", { name: text("name"), count: count > 0 ? count : 1, ...(text("number") ? { number: text("number") } : {}) });
    form.reset();
  };
  const note = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = String(new FormData(form).get("text") ?? "").trim();
    if (!text) return;
    void tap(draft.id, "note", { text });
    form.reset();
  };
  const second = (id: string): void => void tap(draft.id, "second", id ? { second_id: id } : { second_id: null, alone: true });
  return (
    <section class="more">
      <div class="side">
        <button type="button" class="button tall grow" data-testid="pause" onClick={() => void tap(draft.id, "pause")}>{w("visit.pause")}</button>
      </div>
      <details>
        <summary>{w("part.title")}{seen.parts.length > 0 && <span class="num"> · {seen.parts.length}</span>}</summary>
        {seen.parts.map((one, i) => <p key={i} data-testid="part">{one.name} × {one.count ?? 1}{one.number && ` · ${one.number}`}</p>)}
        <form class="form" onSubmit={part}>
          <label class="field"><span>{w("part.name")}</span><input name="name" data-testid="part-name" autocomplete="off" onInput={() => setNameless(false)} /></label>
          {nameless && <p class="fault" role="alert">{w("fault.part_missing")}</p>}
          <div class="pair">
            <label class="field"><span>{w("part.count")}</span><input name="count" inputMode="decimal" defaultValue="1" /></label>
            <label class="field"><span>{w("part.number")}</span><input name="number" autocomplete="off" /></label>
          </div>
          <button type="submit" class="button" data-testid="part-add">{w("part.add")}</button>
        </form>
      </details>
      <details>
        <summary>{w("second.title")}: {seen.second ? workerName(seen.second) : w("in.nobody")}</summary>
        <label class="field"><span>{w("second.title")}</span>
          <select data-testid="second-now" value={seen.second ?? ""} onChange={(event) => second(event.currentTarget.value)}>
            <option value="">{w("in.nobody")} · {w("in.alone")}</option>
            {people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select></label>
      </details>
      <details>
        <summary>{w("note.title")}{seen.notes.length > 0 && <span class="num"> · {seen.notes.length}</span>}</summary>
        {seen.notes.map((one, i) => <p key={i}>{one}</p>)}
        <form class="form" onSubmit={note}>
          <label class="field"><span>{w("note.title")}</span><textarea name="text" /></label>
          <button type="submit" class="button">{w("note.add")}</button>
        </form>
      </details>
    </section>
  );
}
