/** Which key does what: one table, read by the handler and by the help page. */

export type Command =
  | "next" | "previous" | "open" | "acknowledge" | "dispatch" | "note" | "find" | "report" | "insert"
  | "board" | "lifts" | "language" | "theme" | "help" | "back";

export interface Binding { keys: readonly string[]; command: Command }

/** In the order the help page lists them. */
export const BINDINGS: readonly Binding[] = [
  { keys: ["j", "ArrowDown"], command: "next" },
  { keys: ["k", "ArrowUp"], command: "previous" },
  { keys: ["Enter"], command: "open" },
  { keys: ["a"], command: "acknowledge" },
  { keys: ["d"], command: "dispatch" },
  { keys: ["n"], command: "note" },
  { keys: ["/"], command: "find" },
  { keys: ["r"], command: "report" },
  { keys: ["."], command: "insert" },
  { keys: ["b"], command: "board" },
  { keys: ["l"], command: "lifts" },
  { keys: ["z"], command: "language" },
  { keys: ["t"], command: "theme" },
  { keys: ["?"], command: "help" },
  { keys: ["Escape"], command: "back" },
];

export interface Press {
  key: string; ctrl: boolean; alt: boolean; meta: boolean; composing: boolean; repeat: boolean;
  /** Where the focus is: in a field that takes text, on something Enter already presses, or elsewhere. */
  focus: "text" | "control" | "page";
}

const MAP = new Map(BINDINGS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)));
const REPEATABLE: ReadonlySet<Command> = new Set<Command>(["next", "previous"]);

/**
 * The command of a key press, or null. Letters typed into a field, into an input method, or with a modifier
 * belong to whoever reads them; a held key moves through the queue and does nothing else.
 */
export function commandOf(press: Press): Command | null {
  if (press.composing || press.ctrl || press.alt || press.meta) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const command = MAP.get(key) ?? null;
  if (command === null) return null;
  if (press.focus === "text") return command === "back" ? command : null;
  if (press.focus === "control" && (command === "open" || key.startsWith("Arrow"))) return null;
  if (press.repeat && !REPEATABLE.has(command)) return null;
  return command;
}

const TEXT_INPUTS = new Set(["text", "search", "password", "tel", "email", "number", "url", ""]);

export function focusOf(element: Element | null): Press["focus"] {
  if (!(element instanceof HTMLElement) || element === document.body) return "page";
  const tag = element.tagName;
  if (tag === "TEXTAREA" || element.isContentEditable) return "text";
  if (tag === "INPUT") return TEXT_INPUTS.has((element as HTMLInputElement).type) ? "text" : "control";
  if (tag === "SELECT") return "text";
  if (tag === "BUTTON" || tag === "A" || tag === "SUMMARY") return "control";
  return "page";
}
