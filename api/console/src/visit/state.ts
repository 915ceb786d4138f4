/** Visits on this phone as signals, every tap written to disk first; and sending them whenever there is a network. */
import { batch as together, computed, effect, signal } from "@preact/signals";
import { ApiError, call, get, mayWrite, newKey, post, upload, why } from "../api";
import { blindFrom, me } from "../store";
import { nameOf, uuid7 } from "./ids";
import * as disk from "./keep";
import type { Call, Draft, Kept, OpName, Photo, ServerDetail, Synced } from "./model";
import { bare, batch, isSilence, joined, photosOf, settled, stale } from "./outbox";
import { w } from "./words";

const RETRY = 4000;
const SYNC_TIMEOUT = 20_000;
const PHOTO_TIMEOUT = 120_000;
// What changes more at the server than the phone can know: people, plan, orders, signatures by others.
const TELLING: ReadonlySet<OpName> = new Set<OpName>(["check_in", "results", "check_out", "countersign", "second"]);

export const drafts = signal<ReadonlyMap<string, Draft>>(new Map());
export const photos = signal<ReadonlyMap<string, Photo>>(new Map());
export const calls = signal<readonly Call[]>([]);
/** Counts calls that were answered: what they are about is to be asked for again. */
export const answeredCalls = signal(0);
/** Whether the last attempt reached the server; null before the first. */
export const reached = signal<boolean | null>(null);
/** The browser keeps nothing: said in large letters, because then a closed tab loses taps. */
export const noDisk = signal<string | null>(null);

const user = (): string => me.peek()?.user.id ?? "";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("liftline-visits");

function show(draft: Draft): void {
  const next = new Map(drafts.peek());
  next.set(draft.id, draft);
  drafts.value = next;
}
const photoKey = (lift: string, name: string): string => `${lift} ${name}`;
function showPhoto(photo: Photo): void {
  const next = new Map(photos.peek());
  next.set(photoKey(photo.lift_id, photo.name), photo);
  photos.value = next;
}

/** Changes what is known of a visit. Shown at once from what is there now: a tap made while something was written stays. */
async function change(id: string, how: (draft: Draft) => Draft): Promise<void> {
  const now = drafts.peek().get(id);
  if (!now) return;
  const next = how(now);
  show(next);
  await disk.keepVisit(bare(next));
}

export async function load(): Promise<void> {
  const whose = user();
  if (!whose) return;
  try {
    const [visits, pictures, waiting] = await Promise.all([disk.loadDrafts(whose), disk.loadPhotos(whose), disk.loadCalls(whose)]);
    together(() => {
      // A tap made while the disk was read is on the disk, and was not read: it stays.
      const shown = drafts.peek();
      drafts.value = new Map(visits.map((one) => [one.id, joined(one, shown.get(one.id))]));
      photos.value = new Map(pictures.map((one) => [photoKey(one.lift_id, one.name), one]));
      calls.value = waiting;
      noDisk.value = null;
    });
    await forgetOld();
  } catch (error) {
    noDisk.value = String(error);
  }
}

const unsentPhotos = (draft: Draft): number => [...photosOf(draft.ops)].filter((name) => photos.peek().get(photoKey(draft.lift.lift_id, name))?.sending === "kept").length;

async function forgetOld(): Promise<void> {
  for (const id of stale([...drafts.peek().values()], unsentPhotos, Date.now())) {
    const draft = drafts.peek().get(id);
    if (!draft) continue;
    await disk.dropVisit(id);
    for (const name of photosOf(draft.ops)) await disk.dropPhoto(draft.user, draft.lift.lift_id, name);
    const next = new Map(drafts.peek());
    next.delete(id);
    drafts.value = next;
  }
}

/** A visit begins: its check-in is on disk before anything is shown. */
export async function checkIn(kept: Omit<Kept, "id" | "user" | "device" | "made_at">, body: Record<string, unknown>): Promise<string> {
  const at = new Date();
  const visit: Kept = { ...kept, id: uuid7(at.getTime()), user: user(), device: device(), made_at: at.toISOString() };
  const op = await disk.keepOp(visit.id, "check_in", at.toISOString(), body, visit);
  show({ ...visit, ops: [op] });
  void navigator.storage?.persist?.().catch(() => false);
  void flush();
  return visit.id;
}

/** A visit that was begun elsewhere is taken up on this phone; its own operations count from 1. */
export async function takeUp(id: string, lift: Kept["lift"]): Promise<void> {
  if (drafts.peek().has(id)) return;
  const base = await get<ServerDetail>(`/visits/${encodeURIComponent(id)}`);
  const visit: Kept = {
    id, user: user(), device: device(), lift, kind: base.kind ?? "half_month", items: base.items, made_at: new Date().toISOString(), base,
    server: base, detail: base,
  };
  await disk.keepVisit(visit);
  show({ ...visit, ops: [] });
}

function device(): string {
  const STORED = "liftline.device";
  const known = localStorage.getItem(STORED);
  if (known) return known;
  const made = `phone-${newKey().slice(0, 12)}`;
  localStorage.setItem(STORED, made);
  return made;
}

/** One tap. */
export async function tap(id: string, op: OpName, body: Record<string, unknown> = {}): Promise<boolean> {
  const at = new Date().toISOString();
  navigator.vibrate?.(20);
  try {
    const one = await disk.keepOp(id, op, at, body);
    const draft = drafts.peek().get(id);
    if (draft) show({ ...draft, ops: [...draft.ops, one].sort((a, b) => a.n - b.n) });
    channel?.postMessage(id);
    void flush();
    return true;
  } catch (error) {
    noDisk.value = String(error);
    return false;
  }
}

/** A picture is kept, and named by its bytes. */
export async function keepPicture(lift: string, data: Blob): Promise<string> {
  const name = await nameOf(data);
  // Read into memory first: the file of a camera may be gone when there is a network again.
  const copy = new Blob([await data.arrayBuffer()], { type: data.type || "image/jpeg" });
  const photo: Photo = { name, user: user(), lift_id: lift, data: copy, at: new Date().toISOString(), sending: "kept" };
  showPhoto(await disk.keepPhoto(photo));
  void flush();
  return name;
}

export async function orderCall(order: string, action: Call["action"], body: Record<string, unknown>): Promise<void> {
  const at = new Date().toISOString();
  const one: Call = { key: newKey(), user: user(), order, action, body: { ...body, at }, at, sending: "kept" };
  const kept = await disk.keepCall(one);
  calls.value = [...calls.peek(), kept];
  void flush();
}

export async function letGo(one: Call): Promise<void> {
  if (one.seq !== undefined) await disk.dropCall(one.seq);
  calls.value = calls.peek().filter((each) => each.seq !== one.seq);
}

let sending: Promise<void> | null = null;
let again = false;

/** Sends what waits: taps of visits, then orders, then pictures, which are large and may take their time. */
export function flush(): Promise<void> {
  if (sending) {
    again = true;
    return sending;
  }
  const all = async (): Promise<void> => {
    do {
      again = false;
      await (navigator.locks ? navigator.locks.request("liftline-visits", sendAll) : sendAll());
    } while (again);
  };
  sending = all().finally(() => (sending = null));
  return sending;
}

async function sendAll(): Promise<void> {
  if (!user() || !mayWrite()) return;
  for (const id of [...drafts.peek().keys()]) if (!(await sendVisit(id))) return;
  for (const one of calls.peek()) if (one.sending === "kept" && !(await sendCall(one))) return;
  for (const photo of photos.peek().values()) {
    if (photo.sending !== "kept") continue;
    if (!(await sendPhoto(photo))) return;
    if (again) return; // a tap came meanwhile, and goes before the next picture
  }
}

/** False: no use to go on now. */
async function sendVisit(id: string): Promise<boolean> {
  for (;;) {
    const draft = drafts.peek().get(id);
    const next = draft && batch(draft, new Date().toISOString());
    if (!draft || !next) return true;
    try {
      const answer = await call<Synced>("POST", "/visits/sync", { body: next, timeout: SYNC_TIMEOUT });
      reached.value = true;
      const ops = settled(draft.ops, answer);
      await disk.keepOps(ops.filter((one, i) => one !== draft.ops[i]));
      await change(id, (now) => ({
        ...now, ops: settled(now.ops, answer), server: answer.visit, problem: null, lift: { ...now.lift, lift_id: answer.visit.lift_id ?? now.lift.lift_id },
      }));
      if (next.operations.some((one) => TELLING.has(one["op"] as OpName))) await look(id);
    } catch (error) {
      if (!silent(error)) {
        const said = why(error, w("net.none"));
        await change(id, (now) => ({ ...now, problem: said }));
        return true;
      }
      return false;
    }
  }
}

function silent(error: unknown): boolean {
  if (error instanceof ApiError && !isSilence(error.status)) {
    reached.value = true;
    return false;
  }
  reached.value = error instanceof ApiError && error.status > 0 && error.status < 500;
  return true;
}

/** The server's word on a visit. */
export async function look(id: string): Promise<void> {
  try {
    const detail = await get<ServerDetail>(`/visits/${encodeURIComponent(id)}`);
    await change(id, (now) => ({ ...now, detail, server: detail, items: detail.items.length ? detail.items : now.items }));
  } catch {
    // it is asked again with the next tap; nothing of the phone's depends on it
  }
}

async function sendCall(one: Call): Promise<boolean> {
  try {
    await post(`/orders/${encodeURIComponent(one.order)}/${one.action}`, one.body, one.key);
    reached.value = true;
    await letGo(one);
    answeredCalls.value += 1;
  } catch (error) {
    if (silent(error)) return false;
    const refused: Call = { ...one, sending: "refused", why: why(error, w("net.none")) };
    await disk.keepCall(refused);
    calls.value = calls.peek().map((each) => (each.seq === one.seq ? refused : each));
  }
  return true;
}

async function sendPhoto(photo: Photo): Promise<boolean> {
  let changed: Photo = { ...photo, sending: "sent" };
  try {
    await upload(`/lifts/${encodeURIComponent(photo.lift_id)}/photos`, photo.data, PHOTO_TIMEOUT);
    reached.value = true;
  } catch (error) {
    if (silent(error)) return false;
    changed = { ...photo, sending: "refused", why: why(error, w("net.none")) };
  }
  await disk.putPhoto(changed);
  showPhoto(changed);
  return true;
}

/** Nothing reaches the server now, as far as this page can tell. */
export const off = computed(() => reached.value === false || me.value?.csrf === "" || blindFrom.value !== null);

export const waiting = computed(() =>
  [...drafts.value.values()].reduce((sum, draft) => sum + draft.ops.filter((one) => one.sending === "kept").length, 0)
  + calls.value.filter((one) => one.sending === "kept").length);
export const waitingPhotos = computed(() => [...photos.value.values()].filter((one) => one.sending === "kept").length);

let started = false;
/** Once, when the first of these pages opens: what is on disk is read and sent for as long as the page is open. */
export function start(): void {
  if (started) return;
  started = true;
  const go = (): void => void ((waiting.peek() > 0 || waitingPhotos.peek() > 0) && flush());
  // Whose taps these are changes with the session; a session that comes back can send again.
  effect(() => {
    const session = me.value;
    if (session) void load().then(go);
  });
  setInterval(go, RETRY);
  window.addEventListener("online", go);
  document.addEventListener("visibilitychange", () => !document.hidden && go());
  if (channel) channel.onmessage = () => void load();
}
