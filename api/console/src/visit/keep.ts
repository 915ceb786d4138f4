/**
 * What the phone keeps, in IndexedDB: a tap counts as made only when it is on disk. Numbers of operations are given
 * inside the transaction that writes them, so that two open tabs never use one twice.
 */
import type { Call, Draft, Kept, Op, OpName, Photo } from "./model";

const NAME = "liftline-visits";
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("visits", { keyPath: "id" });
      db.createObjectStore("operations", { keyPath: ["visit", "n"] });
      db.createObjectStore("photos", { keyPath: ["user", "lift_id", "name"] });
      db.createObjectStore("calls", { keyPath: "seq", autoIncrement: true });
      db.createObjectStore("answers", { keyPath: "key" });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
  opened.catch(() => (opened = null));
  return opened;
}

type Stores = "visits" | "operations" | "photos" | "calls" | "answers";

/** One transaction; it ends when what was written is on disk. */
async function within<T>(stores: Stores[], mode: IDBTransactionMode, work: (tx: IDBTransaction) => Promise<T>): Promise<T> {
  const db = await open();
  const tx = db.transaction(stores, mode, { durability: "strict" });
  const done = new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = tx.onerror = () => reject(tx.error ?? new Error("IndexedDB"));
  });
  const [value] = await Promise.all([work(tx), done]);
  return value;
}

const got = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
const ofVisit = (id: string): IDBKeyRange => IDBKeyRange.bound([id, 0], [id, Infinity]);

export const loadDrafts = (user: string): Promise<Draft[]> =>
  within(["visits", "operations"], "readonly", async (tx) => {
    const [visits, ops] = await Promise.all([got<Kept[]>(tx.objectStore("visits").getAll()), got<Op[]>(tx.objectStore("operations").getAll())]);
    return visits.filter((one) => one.user === user).map((one) => ({ ...one, ops: ops.filter((op) => op.visit === one.id) }));
  });

/** A visit, new or changed, without its operations. */
export const keepVisit = (visit: Kept): Promise<void> =>
  within(["visits"], "readwrite", async (tx) => void (await got(tx.objectStore("visits").put(visit))));

/** One more operation, with the next number; `visit` is written with it when it is the first. */
export const keepOp = (visit: string, op: OpName, at: string, body: Record<string, unknown>, first?: Kept): Promise<Op> =>
  within(["visits", "operations"], "readwrite", async (tx) => {
    if (first) tx.objectStore("visits").put(first);
    // Named by the phone as well: another phone that takes this visit up counts from 1 too, and an id is taken once.
    const { device } = first ?? (await got<Kept>(tx.objectStore("visits").get(visit)));
    const store = tx.objectStore("operations");
    const last = await got(store.openKeyCursor(ofVisit(visit), "prev"));
    const n = last ? (last.key as [string, number])[1] + 1 : 1;
    const one: Op = { visit, n, id: `${visit}-${device}-${n}`, op, at, body, sending: "kept" };
    await got(store.add(one));
    return one;
  });

/** How operations stand now. */
export const keepOps = (ops: readonly Op[]): Promise<void> =>
  within(["operations"], "readwrite", async (tx) => void ops.forEach((one) => tx.objectStore("operations").put(one)));

export const dropVisit = (id: string): Promise<void> =>
  within(["visits", "operations"], "readwrite", async (tx) => {
    tx.objectStore("operations").delete(ofVisit(id));
    tx.objectStore("visits").delete(id);
  });

/** A picture of a lift; the same bytes are kept once for each lift, and what the server has is not sent again. */
export const keepPhoto = (photo: Photo): Promise<Photo> =>
  within(["photos"], "readwrite", async (tx) => {
    const store = tx.objectStore("photos");
    const before = await got<Photo | undefined>(store.get([photo.user, photo.lift_id, photo.name]));
    if (before) return before;
    await got(store.put(photo));
    return photo;
  });
export const putPhoto = (photo: Photo): Promise<void> =>
  within(["photos"], "readwrite", async (tx) => void tx.objectStore("photos").put(photo));
export const dropPhoto = (user: string, lift: string, name: string): Promise<void> =>
  within(["photos"], "readwrite", async (tx) => void tx.objectStore("photos").delete([user, lift, name]));
export const loadPhotos = (user: string): Promise<Photo[]> =>
  within(["photos"], "readonly", async (tx) => (await got<Photo[]>(tx.objectStore("photos").getAll())).filter((one) => one.user === user));

export const keepCall = (call: Call): Promise<Call> =>
  within(["calls"], "readwrite", async (tx) => ({ ...call, seq: Number(await got(tx.objectStore("calls").put(call))) }));
export const dropCall = (seq: number): Promise<void> =>
  within(["calls"], "readwrite", async (tx) => void tx.objectStore("calls").delete(seq));
export const loadCalls = (user: string): Promise<Call[]> =>
  within(["calls"], "readonly", async (tx) => (await got<Call[]>(tx.objectStore("calls").getAll())).filter((one) => one.user === user));

/** Answers of the server that must be readable without network, each with when it was heard. */
export interface Answer<T> { key: string; at: number; value: T }
export const keepAnswer = <T>(key: string, value: T, at: number): Promise<void> =>
  within(["answers"], "readwrite", async (tx) => void tx.objectStore("answers").put({ key, at, value }));
export const loadAnswer = <T>(key: string): Promise<Answer<T> | undefined> =>
  within(["answers"], "readonly", (tx) => got<Answer<T> | undefined>(tx.objectStore("answers").get(key)));
