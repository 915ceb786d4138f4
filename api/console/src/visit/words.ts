/** The technician's pages in the reader's language. */
import { language } from "../i18n";
import { filled, WORDS } from "./table";

export type WordKey = keyof typeof WORDS;

/** The sentence of a key; `{name}` in it is replaced. */
export function w(key: WordKey, params: Record<string, string | number> = {}): string {
  return filled(WORDS[key][language.value === "zh" ? 0 : 1], params);
}
