/** Which page is open. It lives in the fragment: the server needs to know one address only. */
import { signal } from "@preact/signals";

export type Page = "board" | "lifts" | "mine" | "round" | "visit" | "orders" | "shadow" | "firm" | "property" | "supervisor" | "record" | "sign" | "report";
const PAGES: readonly string[] = ["board", "lifts", "mine", "round", "visit", "orders", "shadow", "firm", "property", "supervisor", "record", "sign", "report"] satisfies Page[];
const isPage = (text: string | undefined): text is Page => PAGES.includes(text ?? "");
/** The technician's pages: a chunk of the build of their own. */
export type CrewPage = "round" | "visit" | "orders";
export const isCrewPage = (page: Page | undefined): page is CrewPage => page === "round" || page === "visit" || page === "orders";
/** Pages that need no account: what stands in their address is all they need. */
export const isOutside = (page: Page | undefined): page is "sign" | "report" => page === "sign" || page === "report";

/** `more` is what stands behind the id: the lift of a code that was scanned. */
export interface Route { page: Page; id: string | null; more?: string | null }

export function parseRoute(fragment: string): Route | null {
  const [page, id, more] = fragment.replace(/^#\/?/, "").split("/");
  if (!isPage(page)) return null;
  try {
    return { page, id: id ? decodeURIComponent(id) : null, ...(more ? { more: decodeURIComponent(more) } : {}) };
  } catch {
    return { page, id: null };
  }
}

/** The code of a one-time sign-in link, `#signin=CODE`; null when the fragment is none. */
export function signinCode(fragment: string): string | null {
  const match = /^#signin=([^&]+)$/.exec(fragment);
  if (!match?.[1]) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return match[1];
  }
}

export const href = (page: Page, id?: string | null): string => `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}`;

export const route = signal<Route | null>(null);

export function go(page: Page, id?: string | null): void {
  const next = href(page, id);
  if (location.hash !== next) location.hash = next;
  route.value = { page, id: id ?? null };
}

export function startRouting(): void {
  const read = (): void => void (route.value = parseRoute(location.hash));
  window.addEventListener("hashchange", read);
  read();
}
