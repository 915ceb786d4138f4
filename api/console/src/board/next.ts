/** Who is moving and what happens next, read from an incident; pure, so that row and detail say the same. */
import { liftName } from "../lift/name";
import { type ActionName, type Allowed, type Assignment, type Incident, isOpen, ms, type State } from "../model";

export type Next =
  | { kind: "confirms"; at: number } | { kind: "clears"; at: number } | { kind: "decides" }
  | { kind: "person" } | { kind: "accept"; asked: string[] }
  | { kind: "arrive"; name: string; at: number | null }
  | { kind: "release"; name: string } | { kind: "close" } | { kind: "repair" } | { kind: "area" } | { kind: "system" } | { kind: "done" };

export const nameOf = (one: Assignment): string => one.unit_name ?? one.firm_name ?? one.unit_id ?? one.firm_id ?? "?";

/** When an accepted unit said it would be there; null when it did not say. */
export function due(one: Assignment): number | null {
  const accepted = ms(one.accepted_at);
  return accepted === null || one.eta_s === null ? null : accepted + one.eta_s * 1000;
}

const soonest = (a: Assignment, b: Assignment): number => (due(a) ?? Infinity) - (due(b) ?? Infinity);

export function nextOf(incident: Incident): Next {
  if (!isOpen(incident)) return { kind: "done" };
  if (incident.kind === "area" || incident.kind === "system") return { kind: incident.kind };
  if (incident.kind !== "rescue") return incident.waits_for_person ? { kind: "person" } : { kind: "repair" };
  if (incident.state === "released") return { kind: "close" };
  const arrived = incident.assignments.find((one) => one.state === "arrived");
  if (arrived) return { kind: "release", name: nameOf(arrived) };
  const coming = incident.assignments.filter((one) => one.state === "accepted").sort(soonest)[0];
  if (coming) return { kind: "arrive", name: nameOf(coming), at: due(coming) };
  if (incident.state === "suspected") return doubt(incident);
  return { kind: "accept", asked: incident.assignments.filter((one) => one.state === "asked").map(nameOf) };
}

/** A suspicion confirms, or is cleared, or waits for a person; only what the platform cannot foresee is left open. */
function doubt(incident: Incident): Next {
  const confirms = ms(incident.confirm_at);
  const clears = ms(incident.clear_at);
  if (clears !== null && confirms === null) return { kind: "clears", at: clears };
  if (incident.waits_for_person) return { kind: "person" };
  return confirms === null ? { kind: "decides" } : { kind: "confirms", at: confirms };
}

const LIKELIEST: Partial<Record<State, ActionName>> = {
  confirmed: "dispatch", dispatched: "accept", accepted: "arrive", arrived: "release", released: "close",
};

/**
 * The action that stands on the Enter key: to acknowledge what rings, else the next step of the rescue, else
 * what the server proposes.
 */
export function likeliest(incident: Incident, allowed: readonly Allowed[]): ActionName | null {
  const may = (action: ActionName | undefined): boolean => allowed.some((one) => one.action === action);
  if (incident.ringing && may("acknowledge")) return "acknowledge";
  const next = incident.kind === "rescue" ? LIKELIEST[incident.state] : undefined;
  if (next && may(next)) return next;
  return allowed.find((one) => one.primary)?.action ?? null;
}

/** The moment a rescue's clock starts, and where it stands still. */
export function clockOf(incident: Incident): { since: string; until: string | null } {
  const until = incident.released_at ?? (isOpen(incident) ? null : incident.closed_at ?? incident.confirmed_at);
  return { since: incident.opened_at, until };
}

/** Where it is, in the words a dispatcher uses; null when nobody knows, or it is nowhere. */
export const placeOf = (incident: Incident): string | null =>
  (incident.lift && liftName(incident.lift)) ?? incident.place ?? incident.lift_id ?? incident.area;
