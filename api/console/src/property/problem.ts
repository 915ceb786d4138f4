/** What went wrong, in the reader's language where the server says it in both. */
import { ApiError } from "../api";
import type { Words } from "../model";

export interface Failure { status: number; reason: string | null; text: Words | null; message: string }

export function failureOf(error: unknown): Failure {
  if (!(error instanceof ApiError)) return { status: 0, reason: null, text: null, message: String(error) };
  const said = (error.problem ?? {}) as { reason?: unknown; text?: unknown };
  const text = said.text as Words | undefined;
  return {
    status: error.status,
    reason: typeof said.reason === "string" ? said.reason : null,
    text: typeof text?.zh === "string" && typeof text.en === "string" ? text : null,
    message: error.message,
  };
}
