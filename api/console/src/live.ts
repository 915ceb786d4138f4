/** The shell around the stream machine: one fetch that reads server-sent events, timers, and the store. */
import { batch } from "@preact/signals";
import { signedOut } from "./api";
import { heardServerTime } from "./clock";
import { t } from "./i18n";
import type { Incident, Lift, Message, Overview } from "./model";
import {
  atDesk, blindFrom, incidents, lastMessage, liftHeard, lifts, loadTasks, me, overview, putIncident, putLift, reload, tell,
  uptimeNow,
} from "./store";
import { blindSince, type Frame, initial, type Input, Parser, step, type Stream } from "./stream";

const TICK = 500;
const RESYNC = 60_000;

let stream: Stream = initial;
let aborter: AbortController | null = null;
let timer = 0;
let tasksTimer = 0;
let reloadedAt = 0;

// Neither clock alone is right: the monotonic one may stand still while the machine sleeps, the other may be set.
let up = 0;
let lastPerf = performance.now();
let lastDate = Date.now();
function uptime(): number {
  const perf = performance.now();
  const date = Date.now();
  up += Math.max(perf - lastPerf, Math.min(date - lastDate, 86_400_000), 0);
  lastPerf = perf;
  lastDate = date;
  return up;
}

function feed(input: Input): void {
  const at = uptime();
  const [next, outputs] = step(stream, input, at);
  stream = next;
  for (const output of outputs) {
    if (output === "connect") void connect();
    else if (output === "abort") aborter?.abort();
    else resync();
  }
  const blind = blindSince(stream, at);
  batch(() => {
    uptimeNow.value = at;
    if (blindFrom.value !== null && blind === null && stream.phase === "open") tell(t("blind.back"));
    blindFrom.value = blind;
  });
}

function resync(): void {
  reloadedAt = uptime();
  void reload();
}

async function connect(): Promise<void> {
  aborter?.abort();
  const mine = new AbortController();
  aborter = mine;
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (stream.lastId !== null) headers["Last-Event-ID"] = stream.lastId;
  try {
    const answer = await fetch("/api/v1/stream", {
      headers, signal: mine.signal, cache: "no-store", credentials: "same-origin",
    });
    if (aborter !== mine) return;
    if (answer.status === 401) return signedOut();
    if (!answer.ok || !answer.body) throw new Error(`HTTP ${answer.status}`);
    feed({ type: "opened" });
    const reader = answer.body.getReader();
    const text = new TextDecoder();
    const parser = new Parser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || aborter !== mine) break;
      const frames = parser.push(text.decode(value, { stream: true }));
      if (frames.length > 0) batch(() => frames.forEach(take));
    }
  } catch {
    // Every way a connection can end is the same to the machine.
  }
  if (aborter === mine) feed({ type: "ended" });
}

function take(frame: Frame): void {
  let data: unknown = null;
  try {
    data = JSON.parse(frame.data);
  } catch {
    data = null; // `reset` may carry nothing
  }
  feed({ type: "event", name: frame.event, id: frame.id });
  if (data === null || typeof data !== "object") return;
  switch (frame.event) {
    case "heartbeat":
      overview.value = data as Overview;
      heardServerTime(overview.value.now);
      break;
    case "incident":
      putIncident(data as Incident);
      if (!atDesk.value) refreshTasks();
      break;
    case "lift": {
      const lift = data as Lift;
      // Only lifts somebody looked at are kept: a city's worth of cars would be churn for nothing.
      if (lifts.value.has(lift.lift_id)) putLift(lift);
      liftHeard.value = lift;
      break;
    }
    case "message":
      lastMessage.value = data as Message;
      break;
  }
}

function refreshTasks(): void {
  clearTimeout(tasksTimer);
  tasksTimer = window.setTimeout(() => void loadTasks().catch(() => undefined), 150);
}

function tick(): void {
  feed({ type: "tick" });
  // A slow second look, should the stream ever have skipped a row.
  if (stream.phase === "open" && uptime() - reloadedAt >= RESYNC) resync();
}

const wake = (): void => feed({ type: "wake" });
const awake = (): void => {
  if (!document.hidden) wake();
};

export function startLive(): void {
  stopLive();
  feed({ type: "start" });
  resync();
  timer = window.setInterval(tick, TICK);
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", awake);
}

export function stopLive(): void {
  clearInterval(timer);
  window.removeEventListener("online", wake);
  document.removeEventListener("visibilitychange", awake);
  feed({ type: "stop" });
  aborter = null;
}

/** Starts and stops with the session. */
export function followSession(): void {
  let on = false;
  me.subscribe((session) => {
    if ((session !== null) === on) return;
    on = session !== null;
    if (on) queueMicrotask(startLive);
    else stopLive();
  });
}

/** For a page that wants to know whether an incident it shows has changed. */
export const versionOf = (id: string): number => incidents.value.get(id)?.version ?? 0;
