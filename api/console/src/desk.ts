/** What the person at this screen is doing: the chosen row, the open form, the open overlay. */
import { signal } from "@preact/signals";
import { newKey, post, why } from "./api";
import { t } from "./i18n";
import type { ActionName, IncidentDetail, Lift } from "./model";
import { go, route } from "./router";
import { detail, putDetail, tell } from "./store";

/** The row under the keyboard; the open incident stands in the address. */
export const cursor = signal<string | null>(null);
/** The order on the screen, which may lag behind the order that should be (queue.ts says when it catches up). */
export const shown = signal<readonly string[]>([]);
/** Raised to ask the queue to catch up now. */
export const insertNow = signal(0);
/** Raised when the likeliest action should take the focus once the detail is there. */
export const focusPrimary = signal<string | null>(null);

export type Form = { id: string; action: ActionName | "set_lift" };
export const form = signal<Form | null>(null);

export type Overlay = { name: "help" } | { name: "find" } | { name: "report"; lift: Lift | null };
export const overlay = signal<Overlay | null>(null);

export const openId = (): string | null => (route.value?.page === "board" ? route.value.id : null);

export function openIncident(id: string, byKeyboard: boolean): void {
  cursor.value = id;
  if (byKeyboard) focusPrimary.value = id;
  if (form.value && form.value.id !== id) form.value = null;
  go("board", id);
}

/** Actions that are done at once; every other one opens a form first. Nothing here ends a rescue. */
export const AT_ONCE: ReadonlySet<ActionName> = new Set<ActionName>(["acknowledge", "confirm", "on_way", "arrive", "escalate"]);

export const busy = signal<string | null>(null);

/** Carries out an action; true when the server took it. The reason of a refusal is shown where people look. */
export async function act(id: string, action: ActionName, body: Record<string, unknown> = {}): Promise<boolean> {
  if (busy.peek() === `${id}/${action}`) return false;
  busy.value = `${id}/${action}`;
  try {
    putDetail(await post<IncidentDetail>(`/incidents/${encodeURIComponent(id)}/${action}`, body, newKey()));
    return true;
  } catch (error) {
    tell(t("form.failed", { why: why(error, t("form.network")) }), true);
    return false;
  } finally {
    busy.value = null;
  }
}

/** An action by its key or its button: at once, or its form. Absent when the server does not allow it. */
export function begin(id: string, action: ActionName): void {
  const known = detail.peek();
  // Only the open incident's allowed actions are known; for another row the server decides.
  if (known?.id === id && !known.allowed.some((one) => one.action === action)) return;
  if (!AT_ONCE.has(action)) {
    if (openId() !== id) openIncident(id, false);
    form.value = { id, action };
    return;
  }
  const several = known?.id === id ? (known.allowed.find((one) => one.action === action)?.assignments ?? []) : [];
  if (several.length > 1) form.value = { id, action };
  else void act(id, action, several.length === 1 && (action === "arrive" || action === "on_way") ? { assignment_id: several[0] } : {});
}
