/** Words of a page that is a chunk of its own: both languages side by side, loaded with the page. */
import type { Words } from "../model";
import { language } from "./index";

export type Table<K extends string> = (key: K, params?: Record<string, string | number>) => string;

/** The sentence of a key in the reader's language; `{name}` is replaced by the parameter of that name. */
export function table<K extends string>(words: Record<K, Words>): Table<K> {
  return (key, params = {}) => words[key][language.value].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}
