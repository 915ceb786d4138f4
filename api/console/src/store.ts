/** What the screen knows: signals fed by the stream and by answers, and what follows from them. */
import { batch, computed, signal } from "@preact/signals";
import { all, call, get, setCsrf, why } from "./api";
import { heardServerTime } from "./clock";
import { t } from "./i18n";
import { dropSession, keepSession } from "./offline";
import { relisted } from "./queue";
import {
  type Incident, type IncidentDetail, isOpen, type Lift, type Me, type Message, type Overview, type Task,
} from "./model";

export const me = signal<Me | null>(null);
export const signinNote = signal<"ended" | "link_bad" | null>(null);
export const overview = signal<Overview | null>(null);

/** Open incidents by id, and those that ended since the last reload, so that a row can say how it ended. */
export const incidents = signal<ReadonlyMap<string, Incident>>(new Map());
export const incidentsLoaded = signal(false);
export const loadError = signal<string | null>(null);
export const tasks = signal<Task[] | null>(null);
export const lifts = signal<ReadonlyMap<string, Lift>>(new Map());
export const detail = signal<IncidentDetail | null>(null);
export const lastMessage = signal<Message | null>(null);
/** Counts every lift object from the stream, for pages that append it to a history. */
export const liftHeard = signal<Lift | null>(null);

export const blindFrom = signal<number | null>(null);
export const uptimeNow = signal(0);

export const role = computed(() => me.value?.user.role ?? null);
export const atDesk = computed(() => role.value !== "firm" && role.value !== "responder");
export const ringsHere = computed(() => role.value === "dispatcher" || role.value === "supervisor" || role.value === "admin");
export const open = computed(() => [...incidents.value.values()].filter(isOpen));

/** Rescues and dangers at the lift that this phone's crew works at, which nobody here has answered. */
export const onSite = signal<{ id: string; lift: string; priority: "P1" | "P2" }[]>([]);

/** What rings on this screen now: at a desk every ringing incident, on a crew's phone every unanswered question. */
export const ringing = computed<{ id: string; priority: "P1" | "P2" }[]>(() => {
  if (ringsHere.value) {
    return open.value
      .filter((one) => one.ringing)
      .map((one) => ({ id: one.id, priority: one.priority === "P1" ? "P1" : "P2" }));
  }
  const asked = (tasks.value ?? []).filter((task) => task.state === "asked");
  const here = onSite.value.filter((one) => !asked.some((task) => task.incident_id === one.id));
  return [...here, ...asked.map((task) => ({ id: task.id, priority: task.incident.priority === "P1" ? "P1" as const : "P2" as const }))];
});

export const notice = signal<{ text: string; bad: boolean } | null>(null);
let noticeTimer = 0;
export function tell(text: string, bad = false): void {
  notice.value = { text, bad };
  clearTimeout(noticeTimer);
  noticeTimer = window.setTimeout(() => (notice.value = null), bad ? 9000 : 5000);
}

/** Said by a screen reader only; `urgent` interrupts what it is saying. */
export const spoken = signal<{ text: string; urgent: boolean; n: number }>({ text: "", urgent: false, n: 0 });
export const announce = (text: string, urgent = false): void =>
  void (spoken.value = { text, urgent, n: spoken.peek().n + 1 });

export function signedIn(session: Me): void {
  batch(() => {
    setCsrf(session.csrf);
    heardServerTime(session.now);
    me.value = session;
    signinNote.value = null;
  });
  keepSession(session);
}

export function forget(note: "ended" | null): void {
  dropSession();
  batch(() => {
    me.value = null;
    signinNote.value = note;
    overview.value = null;
    incidents.value = new Map();
    incidentsLoaded.value = false;
    lifts.value = new Map();
    tasks.value = null;
    detail.value = null;
    blindFrom.value = null;
    onSite.value = [];
    setCsrf("");
  });
}

export async function signOut(): Promise<void> {
  await call("DELETE", "/session", { quiet401: true }).catch(() => undefined);
  forget(null);
}

/** Takes an incident from a list, an event or an answer; an older version never overwrites a newer one. */
export function putIncident(incident: Incident): boolean {
  const known = incidents.value.get(incident.id);
  if (known && known.version > incident.version) return false;
  if (!known && !isOpen(incident)) return false;
  const next = new Map(incidents.value);
  next.set(incident.id, incident);
  incidents.value = next;
  return true;
}

/** Takes the answer of an action or of a detail request. */
export function putDetail(answer: IncidentDetail): void {
  batch(() => {
    putIncident(answer);
    const shown = detail.value;
    if (!shown || shown.id !== answer.id || shown.version <= answer.version) detail.value = answer;
  });
}

export function putLift(lift: Lift): void {
  const next = new Map(lifts.value);
  next.set(lift.lift_id, lift);
  lifts.value = next;
}

export async function loadLift(id: string): Promise<Lift> {
  const lift = await get<Lift>(`/lifts/${encodeURIComponent(id)}`);
  putLift(lift);
  return lift;
}

async function loadIncidents(): Promise<void> {
  const before = incidents.value;
  const { items } = await all<Incident>("/incidents?state=open");
  incidents.value = relisted(items, before, incidents.value);
  incidentsLoaded.value = true;
}

export async function loadTasks(): Promise<void> {
  // Between release and close an assignment still stands as arrived, but nothing is left for its crew to do.
  tasks.value = (await all<Task>("/assignments?state=open")).items.filter((task) => task.incident.state !== "released");
}

export async function loadOverview(): Promise<void> {
  overview.value = await get<Overview>("/overview");
  heardServerTime(overview.value.now);
}

/** Loads everything the lists show; also after a `reset` of the stream. */
export async function reload(): Promise<void> {
  try {
    await Promise.all([atDesk.value ? loadIncidents() : loadTasks(), loadOverview()]);
    loadError.value = null;
  } catch (error) {
    loadError.value = why(error, t("signin.down"));
  }
}
