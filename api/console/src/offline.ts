/** A crew's phone without network: the page from the service worker, and who was signed in last. */
import type { Me, User } from "./model";

const STORED = "liftline.session";

/** Only of crews and firms: a desk without network is no desk. No secret is kept; the cookie stays with the browser. */
export function keepSession({ user, csrf }: Me): void {
  if (csrf === "") return;
  if (user.role === "firm" || user.role === "responder") localStorage.setItem(STORED, JSON.stringify(user));
  else localStorage.removeItem(STORED);
}

export const dropSession = (): void => localStorage.removeItem(STORED);

/** Whoever was signed in last, as a session that may show and keep, and not send. */
export function keptSession(): Me | null {
  try {
    const user = JSON.parse(localStorage.getItem(STORED) ?? "null") as User | null;
    return user && typeof user.id === "string" ? { user, csrf: "", now: "" } : null;
  } catch {
    return null;
  }
}

let asked = false;
/** Has the browser keep the page itself; it can only under https, or on this very machine. */
export function readyForNoNetwork(): void {
  if (asked || !import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  asked = true;
  void navigator.serviceWorker.register("./sw.js").catch(() => undefined);
}
