import { describe, expect, it } from "vitest";
import { BINDINGS, commandOf, type Press } from "../src/keyboard";

const press = (key: string, part: Partial<Press> = {}): Press => ({ key, ctrl: false, alt: false, meta: false, composing: false, repeat: false, focus: "page", ...part });

describe("the keyboard", () => {
  it.each([
    ["j", "next"], ["k", "previous"], ["ArrowDown", "next"], ["Enter", "open"], ["a", "acknowledge"], ["d", "dispatch"], ["n", "note"],
    ["/", "find"], ["?", "help"], ["J", "next"], ["Escape", "back"], ["x", null],
  ])("%s means %s", (key, command) => expect(commandOf(press(key))).toBe(command));

  it("has one meaning for each key", () => {
    const keys = BINDINGS.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("leaves typed letters to the field, and lets Escape out of it", () => {
    expect(commandOf(press("a", { focus: "text" }))).toBeNull();
    expect(commandOf(press("/", { focus: "text" }))).toBeNull();
    expect(commandOf(press("Escape", { focus: "text" }))).toBe("back");
  });

  it("leaves Enter to the button that has the focus", () => {
    expect(commandOf(press("Enter", { focus: "control" }))).toBeNull();
    expect(commandOf(press("a", { focus: "control" }))).toBe("acknowledge");
  });

  it("never acts on the browser's own shortcuts or while a Chinese word is being composed", () => {
    expect(commandOf(press("a", { ctrl: true }))).toBeNull();
    expect(commandOf(press("d", { meta: true }))).toBeNull();
    expect(commandOf(press("n", { composing: true }))).toBeNull();
  });

  it("repeats movement only: a key held down does not act twice", () => {
    expect(commandOf(press("j", { repeat: true }))).toBe("next");
    expect(commandOf(press("a", { repeat: true }))).toBeNull();
  });
});
