/** Dark or light: what the room says until somebody chooses. */
import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const STORED = "liftline.theme";
const room = window.matchMedia("(prefers-color-scheme: light)");
const kept = localStorage.getItem(STORED);

const chosen = signal<Theme | null>(kept === "dark" || kept === "light" ? kept : null);
const ofRoom = signal<Theme>(room.matches ? "light" : "dark");
room.addEventListener("change", () => (ofRoom.value = room.matches ? "light" : "dark"));

export const theme = (): Theme => chosen.value ?? ofRoom.value;

export function toggleTheme(): void {
  chosen.value = theme() === "dark" ? "light" : "dark";
  localStorage.setItem(STORED, chosen.value);
}

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = theme();
  });
}
