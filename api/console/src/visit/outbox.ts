/**
 * What goes out of a visit and what came of it. Operations leave in the phone's order and stay on the phone; only an
 * answer of the server changes how they stand. Pure.
 */
import type { Draft, Kept, Op, Synced } from "./model";

const AT_ONCE = 100;

export interface Batch { visit: string; lift_id: string; device: string; sent_at: string; operations: Record<string, unknown>[] }

/** The next operations to send, oldest first; null when there are none. */
export function batch(draft: Draft, sentAt: string): Batch | null {
  const ops = draft.ops.filter((one) => one.sending === "kept").slice(0, AT_ONCE);
  if (ops.length === 0) return null;
  return {
    visit: draft.id, lift_id: draft.lift.lift_id, device: draft.device, sent_at: sentAt,
    operations: ops.map((one) => ({ ...one.body, id: one.id, op: one.op, n: one.n, at: one.at })),
  };
}

/** How operations stand after an answer. One that waits there for an earlier one is with the server: it is kept there. */
export function settled(ops: readonly Op[], answer: Synced): Op[] {
  const told = new Map(answer.operations.map((one) => [one.id, one]));
  return ops.map((one) => {
    const said = told.get(one.id);
    if (!said) return one;
    return { ...one, sending: said.outcome === "refused" ? "refused" as const : "sent" as const, why: said.text, marks: said.marks };
  });
}

/** A visit from the disk, with the taps that are shown and were not there yet when it was read. */
export function joined(read: Draft, shown: Draft | undefined): Draft {
  const last = read.ops[read.ops.length - 1]?.n ?? 0;
  return { ...read, ops: [...read.ops, ...(shown?.ops ?? []).filter((one) => one.n > last)] };
}

/** Whether an answer is one at all: silence, an overloaded server or a lost session keep everything as it is. */
export const isSilence = (status: number): boolean => status === 0 || status === 401 || status === 403 || status === 408 || status === 429 || status >= 500;

export interface Standing { kept: number; refused: number }
export const standing = (draft: Draft): Standing => ({
  kept: draft.ops.filter((one) => one.sending === "kept").length,
  refused: draft.ops.filter((one) => one.sending === "refused").length,
});

/** What may be let go: visits that are over, wholly with the server, and a week old; what was refused stays a week more. */
export function stale(drafts: readonly Draft[], photosOf: (draft: Draft) => number, now: number): string[] {
  const WEEK = 7 * 86_400_000;
  return drafts.filter((draft) => {
    const { kept, refused } = standing(draft);
    const last = draft.ops[draft.ops.length - 1];
    const age = now - Date.parse(last?.at ?? draft.made_at);
    const over = draft.ops.some((one) => one.op === "check_out" && one.sending === "sent") || draft.server?.state === "void";
    return over && kept === 0 && photosOf(draft) === 0 && age > (refused ? 2 * WEEK : WEEK);
  }).map((draft) => draft.id);
}

/** Names of the photos that a visit's operations speak of. */
export function photosOf(ops: readonly Op[]): Set<string> {
  const names = new Set<string>();
  for (const one of ops) {
    for (const name of (one.body["photos"] as string[] | undefined) ?? []) names.add(name);
    for (const result of (one.body["results"] as { photos?: string[] }[] | undefined) ?? []) for (const name of result.photos ?? []) names.add(name);
  }
  return names;
}

export const bare = ({ ops: _, ...kept }: Draft): Kept => kept;
