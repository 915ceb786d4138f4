/**
 * The visit as the phone knows it: what it was when this phone took it up, and the phone's own operations since.
 * The same steps as the server's, so that what is shown without network is what will be true with it. What the server
 * has refused has no effect. Pure.
 */
import type { Draft, Drawing, Item, Op, Part, Result, VisitState } from "./model";

export interface Signed { name: string; worker_id: string | null; drawing: { kind: string; data: string }; at: string }
export interface Seen {
  state: VisitState;
  worker: string | null;
  second: string | null;
  alone: boolean;
  interval_s: number;
  began_at: string | null;
  left_at: string | null;
  life_at: string | null;
  paused_at: string | null;
  results: ReadonlyMap<string, Result & { at: string }>;
  parts: readonly Part[];
  notes: readonly string[];
  signatures: readonly Signed[];
  officer: Signed | null;
  /** Signatures stood here and a change of the record has taken them away. */
  sign_again: boolean;
}

export const ALONE_S = 1800;

function start(draft: Draft): Seen {
  const { base } = draft;
  const state = base && base.state !== "void" ? base.state : "new";
  return {
    state, worker: base?.people[0]?.id ?? null, second: base?.people[1]?.id ?? null, alone: base?.alone ?? false,
    interval_s: ALONE_S, began_at: base?.began_at ?? null, left_at: base?.left_at ?? null, life_at: null, paused_at: null,
    results: new Map((base?.items ?? []).filter((one) => one.outcome !== null).map((one) =>
      [one.code, { code: one.code, outcome: one.outcome!, value: one.value, text: one.text, photos: one.photos, at: "" }])),
    parts: base?.parts ?? [], notes: (base?.notes ?? []).map((one) => one.text),
    signatures: (base?.signatures ?? []).map((one) => ({ name: one.name, worker_id: one.worker_id, drawing: one.drawing, at: one.done_at })),
    officer: base?.countersigned ? { name: base.countersigned.name, worker_id: null, drawing: base.countersigned.drawing, at: base.countersigned.done_at } : null,
    sign_again: false,
  };
}

const changed = (seen: Seen): Seen =>
  seen.signatures.length === 0 && seen.officer === null ? seen : { ...seen, signatures: [], officer: null, sign_again: true };
const completed = (seen: Seen): Seen => (seen.state === "left" && seen.officer ? { ...seen, state: "complete" } : seen);

function apply(seen: Seen, one: Op): Seen {
  const body = one.body as Record<string, never>;
  const here = seen.state === "on_site";
  const alive = { ...seen, life_at: one.at };
  switch (one.op) {
    case "check_in":
      return seen.state !== "new" ? seen : {
        ...alive, state: "on_site", worker: body["worker_id"] ?? null, second: body["second_id"] ?? null,
        alone: Boolean(body["alone"]), interval_s: body["interval_s"] ?? ALONE_S, began_at: one.at,
      };
    case "results": {
      if (!here) return seen;
      const results = new Map(seen.results);
      for (const result of body["results"] as unknown as Result[]) results.set(result.code, { ...result, at: one.at });
      return { ...changed(alive), results };
    }
    case "part":
      return here ? { ...changed(alive), parts: [...seen.parts, one.body as unknown as Part] } : seen;
    case "second":
      return here ? { ...changed(alive), second: body["second_id"] ?? null, alone: !body["second_id"] && Boolean(body["alone"]) } : seen;
    case "alive":
      return here ? alive : seen;
    case "pause":
      return here ? { ...alive, state: "interrupted", paused_at: one.at } : seen;
    case "resume":
      return seen.state === "interrupted" ? { ...alive, state: "on_site", paused_at: null } : seen;
    case "sign": {
      if (!here) return seen;
      const signed = { name: "", worker_id: String(body["worker_id"]), drawing: one.body["drawing"] as Drawing, at: one.at };
      return { ...alive, sign_again: false, signatures: [...seen.signatures.filter((each) => each.worker_id !== signed.worker_id), signed] };
    }
    case "countersign":
      return here || seen.state === "left"
        ? completed({ ...seen, officer: { name: String(body["name"]), worker_id: null, drawing: one.body["drawing"] as Drawing, at: one.at } }) : seen;
    case "check_out":
      return here ? completed({ ...alive, state: "left", left_at: one.at }) : seen;
    case "note":
      return seen.state === "new" ? seen : { ...seen, notes: [...seen.notes, String(body["text"])] };
  }
}

export function fold(draft: Draft): Seen {
  let seen = start(draft);
  for (const one of draft.ops) if (one.sending !== "refused") seen = apply(seen, one);
  // Signed by link or with an account: only the server knows it.
  const far = draft.detail?.countersigned;
  if (far && !seen.officer) seen = completed({ ...seen, officer: { name: far.name, worker_id: null, drawing: far.drawing, at: far.done_at } });
  return seen;
}

/** Everything that a check-out still needs. */
export function missing(seen: Seen, items: readonly Item[]): { items: Item[]; signatures: string[] } {
  const signed = new Set(seen.signatures.map((one) => one.worker_id));
  return {
    items: items.filter((item) => !seen.results.has(item.code)),
    signatures: [seen.worker, seen.second].filter((id): id is string => id !== null && !signed.has(id)),
  };
}

/** When one who works alone must have given a sign of life, by the phone's clock; null: nobody is waited for. */
export function lifeDue(seen: Seen): number | null {
  if (seen.state !== "on_site" || !seen.alone || seen.life_at === null) return null;
  return Date.parse(seen.life_at) + seen.interval_s * 1000;
}
