/** Words of the offices' pages: firm, property, supervisor, and the two that need no account. */
import { table } from "../i18n/table";
import { WORDS } from "./wordlist";

export const w = table(WORDS);
export type Word = keyof typeof WORDS;
/** A word of the API, or as it came if nobody knows it. */
export const said = (prefix: string, value: string): string => (`${prefix}.${value}` in WORDS ? w(`${prefix}.${value}` as Word) : value);
