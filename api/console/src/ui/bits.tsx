/** The smallest pieces: marks, clocks, ages, words for what is unknown. */
import type { ComponentChildren } from "preact";
import { duration, now } from "../clock";
import { t, word } from "../i18n";
import { ms, type Priority } from "../model";

/** Each priority has its own shape: diamond, triangle, square, circle. Filled asks, outlined was acknowledged. */
export function Mark({ priority, outline = false, size = 28 }: { priority: Priority; outline?: boolean; size?: number }) {
  return (
    <svg class={`mark${outline ? " outline" : ""}`} data-priority={priority} width={size} height={size} viewBox="0 0 28 28"
      role="img" aria-label={`${priority} ${t(`priority.${priority}`)}`}>
      {priority === "P1" && <path d="M14 1.5 26.5 14 14 26.5 1.5 14Z" />}
      {priority === "P2" && <path d="M14 2.5 26.5 25.5H1.5Z" />}
      {priority === "P3" && <rect x="3" y="3" width="22" height="22" />}
      {priority === "P4" && <circle cx="14" cy="14" r="11.5" />}
      <text x="14" y={priority === "P2" ? 23 : 19.4}>{priority.slice(1)}</text>
    </svg>
  );
}

/** A clock that runs from `since`, or stands still once there is an `until`. */
export function Clock({ since, until }: { since: string | null; until?: string | null }) {
  const from = ms(since);
  if (from === null) return <Unknown />;
  return <span class="num">{duration((ms(until) ?? now.value) - from)}</span>;
}

/** What is left until `at`; `passed` when nothing is. */
export function Countdown({ at, passed }: { at: number; passed: ComponentChildren }) {
  const left = at - now.value;
  return <>{left > 0 ? <span class="num">{duration(left + 999)}</span> : passed}</>;
}

/** How long ago, as a sentence. */
export function Ago({ at }: { at: string | number | null | undefined }) {
  const from = ms(at);
  return from === null ? <Unknown /> : <span class="num">{t("ago", { time: duration(now.value - from) })}</span>;
}

export const Unknown = () => <span class="unknown">{t("unknown")}</span>;

/** A word of the API in the reader's language, and "unknown" set apart from the known. */
export function Value({ prefix, of }: { prefix: string; of: string | null | undefined }) {
  if (of === null || of === undefined || of === "" || of === "unknown") return <Unknown />;
  return <>{word(prefix, of)}</>;
}

/** A figure with its unit, or "unknown"; never a zero nobody measured. */
export function Figure({ value, unit, digits = 1 }: { value: number | null | undefined; unit: string; digits?: number }) {
  if (value === null || value === undefined) return <Unknown />;
  return <span class="num">{value.toFixed(digits)} {unit}</span>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="pairing">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Empty({ title, more }: { title: string; more?: string }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {more && <p class="muted">{more}</p>}
    </div>
  );
}
