/** The shapes the API answers with (contract sections 2, 6 and 7), as far as the console reads them. */

export type Priority = "P1" | "P2" | "P3" | "P4";
export const PRIORITIES: readonly Priority[] = ["P1", "P2", "P3", "P4"];

export type Kind = "rescue" | "danger" | "fault" | "offline" | "area" | "system";
export type State =
  | "suspected" | "confirmed" | "dispatched" | "accepted" | "arrived"
  | "released" | "closed" | "cleared" | "cancelled";
export type Role = "admin" | "dispatcher" | "supervisor" | "firm" | "responder" | "property";
export type ActionName =
  | "acknowledge" | "confirm" | "dispatch" | "accept" | "decline" | "on_way" | "arrive" | "stand_down"
  | "escalate" | "release" | "close" | "cancel" | "reopen" | "note";

export interface Words { zh: string; en: string }

export interface User {
  id: string; login: string; name: string; role: Role;
  firm_id: string | null; unit_id: string | null; building: string | null;
}
export interface Me { user: User; csrf: string; now: string }

export interface Overview {
  now: string;
  lifts: number;
  lifts_online: number;
  intake: { listening: boolean; alive_at: string | null; since: string | null };
  dispatch: { alive_at: string | null };
  /** A great part of all lifts is silent at once: said on every console. */
  blind_since?: string | null;
  open: Partial<Record<Priority, number>>;
}

export type Door = "closed" | "opening" | "open" | "closing" | "unknown";
export type Power = "mains" | "battery" | "off";

/** One sample; every field but the time may be missing, and missing is said as "unknown". */
export interface Sample {
  ts: string | number;
  seq?: number;
  mode?: string;
  floor?: string | null;
  moving?: boolean | null;
  door_zone?: boolean | null;
  door?: Door | null;
  direction?: "none" | "up" | "down" | null;
  speed?: number | null;
  position?: number | null;
  occupied?: boolean | null;
  people?: number | null;
  load?: number | null;
  power?: Power | null;
  safety_chain?: "closed" | "open" | null;
  door_command?: string | null;
  car_calls?: number | null;
  faults?: string[] | null;
  temperature?: number | null;
  received_at?: string;
  late?: boolean;
  /** Only where the history was asked for by steps: where the step begins, and what went on in it. */
  bucket?: string;
  extremes?: { speed?: Extremes; position?: Extremes };
  seconds?: { known: number; moving?: number; door_open?: number };
}

export interface Extremes { min: number; max: number }

export interface LiftEvent {
  ts: string | number; code: string; active: boolean; raw?: string | null; seq?: number;
  received_at?: string; review?: boolean; late?: boolean;
}

export interface LiftState {
  online: boolean | null;
  heard_at: string | null;
  link_at: string | null;
  interval: number | null;
  firmware: string | null;
  sample: Sample | null;
  received_at: string | null;
  stopped_at: string | null;
  occupied: boolean | null;
  occupied_by: string | null;
  codes: string[];
  notes: ({ code: string } & Words)[];
}

export interface Lift {
  lift_id: string; rescue_code: string; name: string;
  lift_class?: string | null; address?: string | null; building?: string | null; district?: string | null;
  feeder?: string | null; gateway?: string | null; lat?: number | null; lon?: number | null;
  firm?: string | null; firm_name?: string | null; model?: string | null;
  rated_speed?: number | null; load_rated?: number | null;
  floors?: string[] | number | null; commissioned_on?: string | null; drill?: boolean;
  registered?: boolean; offset?: number | null;
  state: LiftState | null;
}

export type AssignmentState = "asked" | "accepted" | "arrived" | "declined" | "no_answer" | "stood_down";
export interface Assignment {
  id: string; incident_id: string;
  firm_id: string | null; firm_name: string | null; unit_id: string | null; unit_name: string | null;
  tier: number; state: AssignmentState; eta_s: number | null;
  asked_at: string | null; accepted_at: string | null; arrived_at: string | null; ended_at: string | null;
}

export interface IncidentLift {
  lift_id: string; rescue_code: string; name: string;
  address?: string | null; building?: string | null; district?: string | null;
  lat?: number | null; lon?: number | null; firm?: string | null; firm_name?: string | null;
}

export interface Incident {
  id: string; lift_id: string | null; rescue_code: string | null;
  kind: Kind; priority: Priority; state: State; reason: string | null; causes: string[];
  tier: number | null; version: number; code: string | null;
  opened_at: string; confirmed_at: string | null; acknowledged_at: string | null; dispatched_at: string | null;
  accepted_at: string | null; arrived_at: string | null; released_at: string | null; closed_at: string | null;
  event_ts: string | null; received_at: string | null;
  drill: boolean; unregistered: boolean; unreadable: boolean;
  area: string | null; previous: string | null;
  assignments: Assignment[];
  ringing: boolean; waits_for_person: boolean;
  summary: Words; place: string | null; caller: string | null; callers: string[]; persons: number | null; cause: string | null;
  lift: IncidentLift | null;
  next_step: unknown;
  confirm_at: string | null; clear_at: string | null;
  /** Of an area incident, and of the alarm that says we are blind: the cars, ranked. */
  lifts?: GroupLift[] | null;
}
export interface GroupLift {
  lift_id: string; name: string | null; building?: string | null; occupied: boolean | null;
  rescue: string | null; rescue_state?: State | null; since: string; back_at?: string | null;
  state: "no_power" | "no_link" | "back";
}

export interface Evidence {
  rule: string | null; occupied_by: string | null; thresholds: Record<string, unknown> | null;
  since: string | null; samples: Sample[]; events: LiftEvent[];
  decided_at?: string | null; lasted_s?: number | null; parts?: RulePart[];
}
/** One thing a rule asks for; `holds` null: it cannot be told. With `any_of` it holds if one of these does. */
export interface RulePart { key: string; holds: boolean | null; name: Words; seen: Words; any_of: RulePart[] }
export type RuleStateName = "idle" | "running" | "suspected" | "confirmed" | "answered" | "switched_off" | "other_class";
export interface RuleState {
  rule: string; title: Words; state: RuleStateName; cause: boolean;
  since: string | null; seconds: number | null; interrupted_at: string | null;
  suspect_s: number; confirm_s: number | null; suspects_at: string | null; confirms_at: string | null;
  never_confirms: boolean; asks_again_at: string | null; parts: RulePart[];
}
/** Why there is an alarm for a lift, or none. */
export interface LiftDecision {
  lift_id: string; at: string; heard_at: string | null; sample_at: string | null; listening: boolean;
  rescue: string | null; summary: Words; rules: RuleState[];
}
export interface TimelineEntry {
  n: number; at: string; device_at: string | null;
  actor: { kind: "user" | "token" | "system" | "caller"; id: string | null; name: string | null; role: string | null };
  channel: string | null; action: string; from: string | null; to: string | null;
  reason: string | null; note: string | null; detail: unknown;
}
export interface Message {
  id: string; incident?: string; channel: string; to?: string | null; text: Words;
  at: string; sent_at?: string | null; state?: string | null;
}
export interface Allowed { action: ActionName; primary: boolean; assignments: string[] }
export interface IncidentDetail extends Incident {
  why?: Words | null; advice?: Words | null;
  evidence: Evidence | null; timeline: TimelineEntry[]; messages: Message[]; allowed: Allowed[];
}

export interface Firm { id: string; name: string; phone: string | null; active: boolean }
export interface Unit { id: string; firm_id: string; name: string; phone: string | null; active: boolean }
export type Task = Assignment & { incident: Incident };

export interface Page<T> { items: T[]; next_cursor: string | null }
export interface Problem {
  title: string; status: number; detail?: string;
  errors?: { field: string; message: string; expected?: string }[];
}

const ENDED: ReadonlySet<State> = new Set<State>(["closed", "cleared", "cancelled"]);
const LIVE: ReadonlySet<State> = new Set<State>(["suspected", "confirmed", "dispatched", "accepted", "arrived"]);

/** Open in lists: every state but the three ends. */
export const isOpen = (incident: Incident): boolean => !ENDED.has(incident.state);
/** A rescue that is not over: someone may still be in the car. */
export const isLive = (incident: Incident): boolean => incident.kind === "rescue" && LIVE.has(incident.state);

/** The system alarm that says that a great part of all lifts fell silent at once. */
export const isBlindness = (incident: Incident): boolean => incident.kind === "system" && incident.code === "blind";
/** It stands for several lifts, which are listed in it. */
export const isGroup = (incident: Incident): boolean => incident.kind === "area" || isBlindness(incident);

/** Milliseconds of a time as the API (RFC 3339) or a lift (integer ms) gives it; null when there is none. */
export function ms(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined || value === "") return null;
  const parsed = typeof value === "number" ? value : Date.parse(value);
  return Number.isFinite(parsed) ? parsed : null;
}
