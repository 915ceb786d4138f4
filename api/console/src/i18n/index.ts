/** Words on the screen in the two languages; switches in place because every reader reads a signal. */
import { signal } from "@preact/signals";
import type { Words } from "../model";
import { CODES, REASONS, SYSTEM } from "./codes";
import { en } from "./en";
import { zh } from "./zh";

export type Language = "zh" | "en";
export type Key = keyof typeof en;

const STORED = "liftline.language";

function first(): Language {
  const kept = localStorage.getItem(STORED);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(first());

export function useLanguage(next: Language): void {
  language.value = next;
  localStorage.setItem(STORED, next);
}

const TABLES: Record<Language, Record<Key, string>> = { zh, en };

/** The sentence of a key; `{name}` in it is replaced by the parameter of that name. */
export function t(key: Key, params: Record<string, string | number> = {}): string {
  return TABLES[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** A text the server gave in both languages. */
export const say = (words: Words | null | undefined): string => (words ? words[language.value] || words.en || words.zh : "");

/** The title of a fault code; an unknown code is shown as it came. */
export const codeTitle = (code: string): string => (CODES[code] ?? SYSTEM[code])?.[language.value] ?? code;

/** The title of a reason (a rule of the detector). */
export const reasonTitle = (reason: string): string => REASONS[reason]?.[language.value] ?? codeTitle(reason);

/** A key made of a prefix and a word of the API; a word nobody knows is shown as it came. */
export function word(prefix: string, value: string | null | undefined): string {
  if (value === null || value === undefined || value === "") return t("unknown");
  const key = `${prefix}.${value}`;
  return key in en ? t(key as Key) : value;
}
