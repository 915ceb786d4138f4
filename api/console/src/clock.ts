/** Server time and how durations and times are written. The pure functions take `now`; one signal ticks. */
import { signal } from "@preact/signals";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => String(Math.trunc(value)).padStart(2, "0");

/** `4:07`, `1:02:09` from an hour on, `3d 04:10` from a day on; a negative duration reads as zero. */
export function duration(millis: number): string {
  const left = Math.max(0, millis);
  if (left >= DAY) return `${Math.floor(left / DAY)}d ${two((left % DAY) / HOUR)}:${two((left % HOUR) / MINUTE)}`;
  if (left >= HOUR) return `${Math.floor(left / HOUR)}:${two((left % HOUR) / MINUTE)}:${two((left % MINUTE) / SECOND)}`;
  return `${Math.floor(left / MINUTE)}:${two((left % MINUTE) / SECOND)}`;
}

/** Time of day on this desk's own clock zone, `21:04:09`. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Date and time where the day matters, `03-18 21:04`. */
export function dayAndTime(at: number): string {
  const date = new Date(at);
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Whether a time of day alone says when it was: within one shift, midnight or not. */
export const isToday = (at: number): boolean => Math.abs(serverNow() - at) < 20 * HOUR;

/** The marks of a rescue's clock in minutes: acceptance, arrival, warning ahead of the legal two hours. */
export const MARKS = [3, 30, 105] as const;
const LAST = 120;

/**
 * Where a running clock stands on the bar, 0 to 1. The stretches between the marks are drawn equally wide:
 * the first three minutes decide most and would be a hair on a straight scale.
 */
export function barFraction(millis: number): number {
  const minutes = Math.max(0, millis) / MINUTE;
  const edges = [0, ...MARKS, LAST];
  const widths = [0.3, 0.3, 0.3, 0.1];
  let sum = 0;
  for (let i = 0; i < widths.length; i += 1) {
    const from = edges[i] ?? 0;
    const to = edges[i + 1] ?? LAST;
    const width = widths[i] ?? 0;
    if (minutes < to) return sum + (width * (minutes - from)) / (to - from);
    sum += width;
  }
  return 1;
}

/** How many marks the clock has passed, 0 to 3. */
export const marksPassed = (millis: number): number => MARKS.filter((mark) => millis >= mark * MINUTE).length;

/**
 * The offset of the server's clock against this machine's. A slow answer makes `server − local` too small,
 * never too large, so the largest of the recent observations is the nearest to the truth.
 */
export class Offset {
  private readonly seen: { at: number; value: number }[] = [];

  observe(serverMs: number, localMs: number): number {
    this.seen.push({ at: localMs, value: serverMs - localMs });
    while (this.seen.length > 24) this.seen.shift();
    // A local clock that jumped makes every older observation worthless.
    const newest = this.seen[this.seen.length - 1];
    if (newest && this.seen.some((one) => Math.abs(one.value - newest.value) > 5 * SECOND)) {
      this.seen.splice(0, this.seen.length - 1);
    }
    return Math.max(...this.seen.map((one) => one.value));
  }
}

const offset = new Offset();
let current = 0;

/** Server time, ticking once a second, on the second. */
export const now = signal(Date.now());

export const serverNow = (): number => Date.now() + current;

/** Called with every time the server tells. */
export function heardServerTime(at: string | null | undefined): void {
  const server = at ? Date.parse(at) : Number.NaN;
  if (Number.isFinite(server)) current = offset.observe(server, Date.now());
}

export function startTicking(): void {
  const tick = (): void => {
    now.value = serverNow();
    setTimeout(tick, SECOND - (serverNow() % SECOND) + 2);
  };
  tick();
}
