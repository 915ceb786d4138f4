/** What the phone knows of the firm's lifts, plans, people and orders: the newest answer, on disk for when there is no network. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { all, get } from "../api";
import { me } from "../store";
import { keepAnswer, loadAnswer } from "./keep";
import type { Due, Item, Kind, Order, Plan, PlanHead, ServerVisit, Worker } from "./model";
import { itemsOf, newest, type Spot } from "./round";
import { answeredCalls } from "./state";

/** Every lift has a half-monthly day within 15 days; one maintained on demand within three months. */
const WITHIN_DAYS = 95;
const REFRESH = 120_000;

export interface Heard<T> { at: number; value: T }
export const dues = signal<Heard<Due[]> | null>(null);
export const workers = signal<Heard<Worker[]> | null>(null);
export const plans = signal<Heard<PlanHead[]> | null>(null);
export const orders = signal<Heard<Order[]> | null>(null);
export const underWay = signal<readonly ServerVisit[]>([]);
const whole = new Map<string, Plan>();

const key = (name: string): string => `${me.peek()?.user.id ?? ""}/${name}`;

async function fresh<T>(name: string, into: { value: Heard<T> | null }, ask: () => Promise<T>): Promise<void> {
  if (into.value === null) {
    const kept = await loadAnswer<T>(key(name)).catch(() => undefined);
    if (kept && into.value === null) into.value = kept;
  }
  const value = await ask();
  into.value = { at: Date.now(), value };
  await keepAnswer(key(name), value, Date.now()).catch(() => undefined);
}

async function planOf(id: string): Promise<Plan | null> {
  const known = whole.get(id);
  if (known) return known;
  const kept = await loadAnswer<Plan>(`plan/${id}`).catch(() => undefined);
  if (kept) whole.set(id, kept.value);
  return kept?.value ?? null;
}

/** A published plan never changes: each is asked for once. */
async function fetchPlans(): Promise<void> {
  const classes = new Set((dues.peek()?.value ?? []).map((one) => one.lift_class));
  for (const one of classes) {
    const head = newest(plans.peek()?.value ?? [], one, me.peek()?.user.firm_id ?? null);
    if (!head || (await planOf(head.id))) continue;
    const plan = await get<Plan>(`/plans/${encodeURIComponent(head.id)}`);
    whole.set(plan.id, plan);
    await keepAnswer(`plan/${plan.id}`, plan, Date.now()).catch(() => undefined);
  }
}

/** The items of a visit that begins now, as far as this phone knows them. */
export async function itemsFor(liftClass: string, kind: Kind): Promise<Item[]> {
  const head = newest(plans.peek()?.value ?? [], liftClass, me.peek()?.user.firm_id ?? null);
  const plan = head && (await planOf(head.id));
  return plan ? itemsOf(plan, kind) : [];
}

let whose = "";
let fetching: Promise<void> | null = null;

export function refresh(): Promise<void> {
  const user = me.peek()?.user.id ?? "";
  if (user !== whose) {
    whose = user;
    dues.value = workers.value = plans.value = orders.value = null;
    underWay.value = [];
  }
  fetching ??= Promise.allSettled([
    Promise.all([
      fresh("due", dues, async () => (await all<Due>(`/maintenance/due?within=${WITHIN_DAYS}`, 4000)).items),
      fresh("plans", plans, async () => (await all<PlanHead>("/plans")).items),
    ]).then(fetchPlans),
    fresh("workers", workers, async () => (await all<Worker>("/workers")).items),
    fresh("orders", orders, async () => (await all<Order>("/orders?state=open")).items),
    all<ServerVisit>("/visits?state=open").then(({ items }) => void (underWay.value = items)),
  ]).then(() => undefined).finally(() => (fetching = null));
  return fetching;
}

/** Asked for when a page opens, every two minutes while it stands, and when the network returns. */
export function useKnown(): void {
  const user = me.value?.user.id;
  useEffect(() => {
    const ask = (): void => void refresh();
    ask();
    const timer = setInterval(ask, REFRESH);
    window.addEventListener("online", ask);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", ask);
    };
  }, [user, answeredCalls.value]);
}

export const spot = signal<Spot | null>(null);
const FRESH_SPOT = 600_000;
export const spotNow = (): Spot | null => (spot.peek() && Date.now() - spot.peek()!.at < FRESH_SPOT ? spot.peek() : null);

/** The phone's position while a page needs it. */
export function useSpot(): void {
  useEffect(() => {
    if (!navigator.geolocation) return;
    const id = navigator.geolocation.watchPosition(
      ({ coords }) => (spot.value = { lat: coords.latitude, lon: coords.longitude, at: Date.now() }),
      () => undefined,
      { maximumAge: 60_000, timeout: 20_000, enableHighAccuracy: false },
    );
    return () => navigator.geolocation.clearWatch(id);
  }, []);
}

/** How this person last checked in: who, with whom. */
export interface Habit { worker: string; second: string | null; alone: boolean; interval_s: number }
const HABIT = "liftline.habit.";
export function habit(): Habit | null {
  try {
    const kept = JSON.parse(localStorage.getItem(HABIT + (me.value?.user.id ?? "")) ?? "null") as Habit | null;
    return kept && workers.value?.value.some((one) => one.id === kept.worker) ? kept : null;
  } catch {
    return null;
  }
}
export const setHabit = (next: Habit): void => localStorage.setItem(HABIT + (me.value?.user.id ?? ""), JSON.stringify(next));

export const workerName = (id: string | null): string => workers.value?.value.find((one) => one.id === id)?.name ?? id ?? "";
export const isFit = (id: string, today: string): boolean =>
  workers.value?.value.find((one) => one.id === id)?.certificates.some((one) => one.valid_until >= today) ?? false;
