/**
 * Rings. P1: three high notes every 3 s. P2: two soft notes every 8 s. A blind screen: one low note every 10 s.
 * Every ring starts quietly and grows for 20 s, so that it wakes attention before it startles.
 */
import { effect, signal } from "@preact/signals";
import { blindFrom, me, ringing } from "./store";

export type Level = "off" | "quiet" | "normal" | "loud";
export const LEVELS: readonly Level[] = ["quiet", "normal", "loud", "off"];
type Ring = "P1" | "P2" | "blind";

const GAIN: Record<Level, number> = { off: 0, quiet: 0.18, normal: 0.45, loud: 0.9 };
const NOTES: Record<Ring, { every: number; notes: [start: number, hertz: number, length: number][]; shape: OscillatorType; share: number }> = {
  P1: { every: 3000, notes: [[0, 988, 0.16], [0.2, 1319, 0.16], [0.4, 988, 0.24]], shape: "triangle", share: 1 },
  P2: { every: 8000, notes: [[0, 587, 0.28], [0.34, 494, 0.4]], shape: "sine", share: 0.8 },
  blind: { every: 10_000, notes: [[0, 196, 0.7]], shape: "triangle", share: 0.9 },
};
const START = 0.2;
const GROWS_FOR = 20_000;
const STORED = "liftline.sound";

const kept = localStorage.getItem(STORED);
export const level = signal<Level>(kept === "off" || kept === "quiet" || kept === "loud" ? kept : "normal");
export function setLevel(next: Level): void {
  level.value = next;
  localStorage.setItem(STORED, next);
}

/** True while the browser will not let this page make a sound. */
export const blocked = signal(false);
/** When rings started, for the figure "rings per hour". */
export const rung = signal<number[]>([]);

let context: AudioContext | null = null;

function audio(): AudioContext | null {
  if (context === null) {
    try {
      context = new AudioContext();
    } catch {
      blocked.value = true;
      return null;
    }
    context.onstatechange = check;
  }
  return context;
}

function check(): void {
  blocked.value = context === null || context.state !== "running";
}

/** To be called from a press or a click: that is when a browser lets go. */
export async function unblock(): Promise<void> {
  const ready = audio();
  if (ready && ready.state !== "running") await ready.resume().catch(() => undefined);
  check();
}

function play(ring: Ring, share: number): void {
  const ready = audio();
  if (!ready || ready.state !== "running" || level.value === "off") return;
  const { notes, shape, share: own } = NOTES[ring];
  const peak = GAIN[level.value] * share * own;
  for (const [start, hertz, length] of notes) {
    const from = ready.currentTime + start;
    const tone = ready.createOscillator();
    const gain = ready.createGain();
    tone.type = shape;
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(peak, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + length);
    tone.connect(gain).connect(ready.destination);
    tone.start(from);
    tone.stop(from + length + 0.05);
  }
}

export const test = (ring: Ring): void => void unblock().then(() => play(ring, 0.8));

let current: Ring | null = null;
let known: ReadonlySet<string> = new Set();
let since = 0;
let timer = 0;

function again(): void {
  if (current === null) return;
  const age = Math.min(1, (Date.now() - since) / GROWS_FOR);
  play(current, START + (1 - START) * age);
  timer = window.setTimeout(again, NOTES[current].every);
}

export function startSound(): void {
  // On `click`, not on `pointerdown`: the banner that goes away would move the page under a finger that is down.
  for (const gesture of ["click", "keydown"]) window.addEventListener(gesture, () => void (blocked.value && unblock()));
  effect(() => {
    if (me.value === null) blocked.value = false;
    else if (audio()) check();
  });
  effect(() => {
    const now = ringing.value;
    const ids = new Set(now.map((one) => one.id));
    const fresh = now.some((one) => !known.has(one.id));
    const wanted: Ring | null = now.some((one) => one.priority === "P1") ? "P1" : now.length > 0 ? "P2" : blindFrom.value !== null ? "blind" : null;
    const added = [...ids].filter((id) => !known.has(id)).length;
    known = ids;
    if (added > 0) {
      const at = Date.now();
      rung.value = [...rung.peek().filter((one) => at - one < 3_600_000), ...Array<number>(added).fill(at)];
    }
    // A second incident of the same priority does not make a running ring start anew and quieter.
    if (wanted === current && !(fresh && current === null)) return;
    clearTimeout(timer);
    current = wanted;
    since = Date.now();
    if (current !== null) again();
  });
}
