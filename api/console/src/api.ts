/** Calls to the HTTP API: the session's CSRF word, time limits, and problems told as one exception. */
import type { Problem } from "./model";

const BASE = "/api/v1";
const TIMEOUT = 10_000;

/** The server answered, and the answer is no. `status` 0: it did not answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | null;
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem | null, retryAfter: number | null = null) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

let csrf = "";
let onSignedOut: () => void = () => undefined;

export const setCsrf = (word: string): void => void (csrf = word);
/** Called when any answer but that of a sign-in says 401. */
export const whenSignedOut = (call: () => void): void => void (onSignedOut = call);
export const signedOut = (): void => onSignedOut();

interface Options { body?: unknown; key?: string; quiet401?: boolean; timeout?: number }

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (options.key) headers["Idempotency-Key"] = options.key;
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(options.timeout ?? TIMEOUT),
    });
    if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  } catch {
    throw new ApiError(0, null);
  }
  const problem = (await answer.json().catch(() => null)) as Problem | null;
  if (answer.status === 401 && !options.quiet401) onSignedOut();
  const after = Number(answer.headers.get("Retry-After"));
  throw new ApiError(answer.status, problem, Number.isFinite(after) && after > 0 ? after : null);
}

export const get = <T>(path: string): Promise<T> => call<T>("GET", path);
export const post = <T>(path: string, body: unknown, key?: string): Promise<T> =>
  call<T>("POST", path, key === undefined ? { body } : { body, key });

/** Whether this page may write: it has the word of a live session, which a page opened without network has not. */
export const mayWrite = (): boolean => csrf !== "";

/** Sends a file as it is. */
export async function upload(path: string, file: Blob, timeout: number): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method: "POST", body: file, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(timeout),
      headers: { Accept: "application/json", "Content-Type": file.type, "X-CSRF-Token": csrf },
    });
  } catch {
    throw new ApiError(0, null);
  }
  if (answer.ok) return;
  const problem = (await answer.json().catch(() => null)) as Problem | null;
  if (answer.status === 401) onSignedOut();
  throw new ApiError(answer.status, problem);
}

/** A fresh Idempotency-Key: a tap that is sent twice counts once. */
export function newKey(): string {
  // randomUUID exists only in secure contexts, and a control room may well be on plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The key of one intention: the same as long as it is the same words and nobody has answered, so that a
 * retry after a lost answer counts once, and a corrected form is not answered with its old refusal.
 */
export class Once {
  private key = newKey();
  private text = "";

  keyFor(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.text !== "" && text !== this.text) this.key = newKey();
    this.text = text;
    return this.key;
  }

  failed(error: unknown): void {
    if (error instanceof ApiError && error.status > 0 && error.status < 500) this.key = newKey();
  }
}

/** Every item of a list, page by page, at most `limit` of them. */
export async function all<T>(path: string, limit = 2000): Promise<{ items: T[]; complete: boolean }> {
  const items: T[] = [];
  const joint = path.includes("?") ? "&" : "?";
  let cursor: string | null = null;
  for (;;) {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: T[]; next_cursor: string | null } = await get(`${path}${joint}limit=200${next}`);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (!cursor || page.items.length === 0) return { items, complete: true };
    if (items.length >= limit) return { items, complete: false };
  }
}

/** One sentence that says what went wrong, with the fields the server named. */
export function why(error: unknown, network: string): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 0) return network;
  const fields = (error.problem?.errors ?? []).map((one) => `${one.field.replace(/^body\./, "")}: ${one.message}`);
  return [error.message, ...fields].join(" · ");
}
