/**
 * A crew's taps, kept until the server has answered them: a shaft has no network, and no tap may be lost.
 * Pure; the shell keeps the list in the browser's storage and sends one at a time, oldest first.
 */
export interface Tap {
  key: string;      // Idempotency-Key: sent twice, counted once
  user: string;     // whose tap it is: another person's session never sends it
  incident: string;
  action: string;
  body: Record<string, unknown>;
  at: string;       // when the thumb came down
}
export type Answer = "taken" | "refused" | "no_answer";

/** A tap that says the same as one still waiting is not kept twice. */
export function keep(taps: readonly Tap[], tap: Tap): Tap[] {
  const same = taps.some((one) => one.user === tap.user && one.incident === tap.incident && one.action === tap.action
    && one.body["assignment_id"] === tap.body["assignment_id"]);
  return same ? [...taps] : [...taps, tap];
}

export const nextTap = (taps: readonly Tap[], user: string): Tap | null => taps.find((one) => one.user === user) ?? null;

/** Only silence keeps a tap; a refusal is an answer, and the server has it in its timeline. */
export const settle = (taps: readonly Tap[], key: string, answer: Answer): Tap[] =>
  answer === "no_answer" ? [...taps] : taps.filter((one) => one.key !== key);
