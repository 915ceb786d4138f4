/** The technician's pages in the reader's language. */
import { language } from "../i18n";
import { WORDS } from "./table";

export type WordKey = keyof typeof WORDS;

/** The sentence of a key; `{name}` in it is replaced. */
export function w(key: WordKey, params: Record<string, string | number> = {}): string {
  return WORDS[key][language.value === "zh" ? 0 : 1].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}
