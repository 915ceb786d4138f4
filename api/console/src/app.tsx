/** The frame around the pages, and the one place where keys become commands. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Board } from "./board/Board";
import { useQueue } from "./board/Queue";
import { Report } from "./board/Report";
import { begin, cursor, form, insertNow, openId, openIncident, overlay, shown } from "./desk";
import { language, t, useLanguage } from "./i18n";
import { type Command, commandOf, focusOf } from "./keyboard";
import { LiftList } from "./lift/LiftList";
import { LiftPage } from "./lift/LiftPage";
import { Mine } from "./mine/Mine";
import { neighbour } from "./queue";
import { type CrewPage, go, isCrewPage, isOutside, type Page, route } from "./router";
import { ShadowPage } from "./shadow/ShadowPage";
import { SignIn } from "./SignIn";
import { readyForNoNetwork } from "./offline";
import { atDesk, blindFrom, me, notice, ringsHere, role, spoken } from "./store";
import { lazy } from "./ui/Lazy";
import { Outside } from "./ui/Outside";
import { Banners } from "./ui/Banners";
import { Find } from "./ui/Find";
import { Help } from "./ui/Help";
import { toggleTheme } from "./ui/theme";
import { Top } from "./ui/Top";

// The offices' pages are chunks of their own: the board never loads them.
const FirmPage = lazy(() => import("./firm/FirmPage"));
const PropertyPage = lazy(() => import("./property/PropertyPage"));
const SupervisorPage = lazy(() => import("./supervisor/SupervisorPage"));
const RecordPage = lazy(() => import("./upkeep/RecordPage"));
const SignPage = lazy(() => import("./property/SignPage"));
const ReportPage = lazy(() => import("./property/ReportPage"));

/** Whose office a page is. */
const OFFICES: Partial<Record<Page, readonly string[]>> = {
  firm: ["firm"], property: ["property"], supervisor: ["admin", "dispatcher", "supervisor"],
};

const rowOf = (id: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-testid="queue-row"][data-incident="${CSS.escape(id)}"]`);

/** The incident a key acts on: the row under the focus, else the open one. */
function target(): string | null {
  const row = document.activeElement?.closest<HTMLElement>("[data-testid=queue-row]");
  return row?.dataset["incident"] ?? openId() ?? cursor.value;
}

function run(command: Command): boolean {
  const onBoard = route.value?.page === "board";
  switch (command) {
    case "next":
    case "previous": {
      if (!onBoard) return false;
      const id = neighbour(visible(), cursor.value ?? openId(), command === "next" ? 1 : -1);
      if (id === null) return false;
      cursor.value = id;
      rowOf(id)?.focus();
      rowOf(id)?.scrollIntoView({ block: "nearest" });
      return true;
    }
    case "open": {
      const id = cursor.value ?? shown.value[0];
      if (!onBoard || !id) return false;
      openIncident(id, true);
      return true;
    }
    case "acknowledge":
    case "dispatch":
    case "note": {
      const id = target();
      if (!onBoard || id === null) return false;
      begin(id, command);
      return true;
    }
    case "find": {
      const field = document.querySelector<HTMLInputElement>(".lifts [data-testid=lift-search]");
      if (field) field.focus();
      else overlay.value = { name: "find" };
      return true;
    }
    case "report":
      if (!atDesk.value) return false;
      overlay.value = { name: "report", lift: null };
      return true;
    case "insert":
      insertNow.value += 1;
      return true;
    case "board":
      go(atDesk.value ? "board" : "mine");
      return true;
    case "lifts":
      if (role.value === "responder") return false;
      go("lifts");
      return true;
    case "language":
      useLanguage(language.value === "zh" ? "en" : "zh");
      return true;
    case "theme":
      toggleTheme();
      return true;
    case "help":
      overlay.value = { name: "help" };
      return true;
    case "back":
      if (form.value) form.value = null;
      else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      return true;
  }
}

/** Rows as they stand on the screen, folds and groups included. */
const visible = (): string[] => [...document.querySelectorAll<HTMLElement>("[data-testid=queue-row]")].map((row) => row.dataset["incident"] ?? "");

function onKey(event: KeyboardEvent): void {
  // An open dialog keeps its keys: the browser closes it on Escape.
  if (!me.value || overlay.value) return;
  const command = commandOf({
    key: event.key, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey,
    composing: event.isComposing, repeat: event.repeat, focus: focusOf(document.activeElement),
  });
  if (command && run(command)) event.preventDefault();
}

/** The technician's pages are a chunk of their own: the desk never loads it. */
function Crew({ page, id }: { page: CrewPage; id: string | null }) {
  const [pages, setPages] = useState<{ Pages: ComponentType<{ page: CrewPage; id: string | null }> } | null>(null);
  useEffect(() => void import("./visit/pages").then((found) => setPages({ Pages: found.default })).catch(() => setPages(null)), []);
  return pages ? <pages.Pages page={page} id={id} /> : <p class="empty">{t("loading")}</p>;
}

export function App() {
  useQueue();
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const lang = language.value;
  useEffect(() => void (document.documentElement.lang = lang === "zh" ? "zh-CN" : "en"), [lang]);
  const on = me.value !== null;
  const home = atDesk.value ? "board" : "mine";
  const wanted = route.value?.page ?? home;
  const crew = role.value === "firm" || role.value === "responder";
  // The code on a lift leads a crew to its check-in, whatever the address says of the page.
  const scanned = wanted === "lifts" && role.value === "responder" && route.value?.id ? "round" : wanted;
  const page = (scanned === "board" && !atDesk.value) || (scanned === "mine" && atDesk.value) || (scanned === "lifts" && role.value === "responder") || (scanned === "shadow" && !ringsHere.value) || (isCrewPage(scanned) && !crew) || (OFFICES[scanned] && !OFFICES[scanned].includes(role.value ?? "")) || (scanned === "record" && !route.value?.id) ? home : scanned;
  useEffect(() => {
    if (on && !isOutside(wanted) && route.value?.page !== page) go(page, page === "round" ? route.value?.id : null);
  }, [on, page]);
  useEffect(() => void (on && crew && readyForNoNetwork()), [on, crew]);

  if (isOutside(wanted)) {
    const { id, more } = route.value ?? {};
    return (
      <Outside>
        {wanted === "sign" ? <SignPage code={id ?? ""} /> : <ReportPage code={id ?? ""} lift={more ?? null} />}
      </Outside>
    );
  }
  return (
    <>
      {!on && <SignIn />}
      {on && (
        <div class={`frame${blindFrom.value === null ? "" : " is-blind"}`}>
          <Top />
          <Banners />
          <main class={`page on-${page}`} key={page === "lifts" || page === "record" ? `${page}/${route.value?.id ?? ""}` : page} tabIndex={-1}>
            {page === "board" && <Board />}
            {page === "lifts" && (route.value?.id ? <LiftPage id={route.value.id} /> : <LiftList />)}
            {page === "mine" && <Mine />}
            {isCrewPage(page) && <Crew page={page} id={route.value?.id ?? null} />}
            {page === "shadow" && <ShadowPage />}
            {page === "firm" && <FirmPage />}
            {page === "property" && <PropertyPage />}
            {page === "supervisor" && <SupervisorPage />}
            {page === "record" && <RecordPage id={route.value?.id ?? ""} />}
          </main>
        </div>
      )}
      {on && overlay.value?.name === "help" && <Help />}
      {on && overlay.value?.name === "find" && <Find />}
      {on && overlay.value?.name === "report" && <Report lift={overlay.value.lift} />}
      {notice.value && <p class={`notice${notice.value.bad ? " is-bad" : ""}`} role="status" data-testid="notice">{notice.value.text}</p>}
      <p class="said" aria-live="assertive">{spoken.value.urgent ? spoken.value.text : ""}</p>
      <p class="said" aria-live="polite">{spoken.value.urgent ? "" : spoken.value.text}</p>
    </>
  );
}
