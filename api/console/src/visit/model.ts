/** Shapes of maintenance: what the API answers, and what the phone keeps of a visit until the server has it. */
import type { Words } from "../model";

export type Kind = "half_month" | "quarter" | "half_year" | "year";
export const KINDS: readonly Kind[] = ["half_month", "quarter", "half_year", "year"];
export type Outcome = "normal" | "abnormal" | "not_applicable";
export type Judge = "qualitative" | "standard" | "maker" | "number";
export type OpName =
  | "check_in" | "results" | "part" | "second" | "alive" | "pause" | "resume" | "sign" | "check_out" | "countersign" | "note";

export interface Due {
  lift_id: string; rescue_code: string | null; name: string | null; lift_class: string; address: string | null;
  building: string | null; district: string | null; lat: number | null; lon: number | null;
  kind: Kind; due_on: string; days_left: number; standing: "later" | "soon" | "overdue"; on_demand: boolean;
}
export interface Item {
  code: string; kind: Kind; zh: string; en: string; must_zh: string; must_en: string;
  judge: Judge; unit: string | null; least: number | null; most: number | null; key: boolean; verified: boolean;
}
export interface PlanHead { id: string; lift_class: string; version: number; firm_id: string | null }
export interface Plan extends PlanHead { items: Item[] }
export interface Worker { id: string; name: string; active: boolean; qualified: boolean; certificates: { valid_until: string }[] }

export interface Drawing { kind: "svg"; data: string }
export interface Result { code: string; outcome: Outcome; value?: number | null; text?: string | null; photos?: string[] }
export interface Part { name: string; count?: number; number?: string | null }

/** A visit as the server's lists give it, as far as the phone reads it. */
export interface ServerVisit {
  id: string; lift_id: string; name: string | null; building: string | null; firm: string; unit_id: string | null;
  kind: Kind | null; plan: string | null; state: VisitState | "void"; workers: string[]; alone: boolean;
  began_at: string | null; left_at: string | null; life_due_at: string | null; marks: string[]; version: number;
}
export interface Line { n: number; kind: string; at: string; done_at: string; device_at: string | null; outcome: string; text: Words | null }
export interface Order {
  id: string; lift_id: string; name: string | null; building: string | null; item: string | null; text: string; photos: string[];
  state: "open" | "accepted" | "done" | "closed" | "withdrawn"; opened_at: string; version: number;
}
export interface ServerDetail extends ServerVisit {
  people: { id: string; name: string }[];
  items: (Item & { outcome: Outcome | null; value: number | null; text: string | null; photos: string[] })[];
  parts: Part[]; notes: { text: string }[];
  signatures: { name: string; worker_id: string | null; drawing: { kind: string; data: string }; done_at: string }[];
  countersigned: { name: string; drawing: { kind: string; data: string }; done_at: string; channel: string } | null;
  timeline: Line[]; orders: Order[];
}
export interface Told {
  id: string; outcome: "applied" | "waiting" | "refused"; reason: string | null; text: Words | null;
  marks: { code: string; text: Words }[];
}
export interface Synced { visit: ServerVisit; operations: Told[] }

export type VisitState = "new" | "on_site" | "interrupted" | "left" | "complete";
/** Of one tap: kept here, known to the server, refused by it. */
export type Sending = "kept" | "sent" | "refused";

/** One thing that was done, as the phone keeps it. */
export interface Op {
  visit: string;
  n: number;        // its place on this phone, from 1
  id: string;       // the same is taken once
  op: OpName;
  at: string;       // by the phone's own clock
  body: Record<string, unknown>;
  sending: Sending;
  why?: Words | null;
  marks?: { code: string; text: Words }[];
}
export interface LiftHere {
  lift_id: string; name: string | null; rescue_code: string | null; building: string | null; address: string | null;
  lift_class: string; lat: number | null; lon: number | null;
}
/** A visit as the phone keeps it, without its operations. */
export interface Kept {
  id: string; user: string; device: string; lift: LiftHere; kind: Kind;
  items: Item[];
  made_at: string;
  /** Of a visit that was begun elsewhere: how it stood when this phone took it up. */
  base?: ServerDetail | null;
  server?: ServerVisit | null;
  detail?: ServerDetail | null;
  /** The server takes nothing of it, and says why. */
  problem?: string | null;
}
export interface Draft extends Kept { ops: Op[] }

export interface Photo {
  name: string;     // SHA-256 of its bytes
  user: string; lift_id: string; data: Blob; at: string; sending: Sending; why?: string | null;
}
/** A call that is not of a visit (of an order), kept until it is answered. */
export interface Call {
  seq?: number; key: string; user: string; order: string; action: "accept" | "done"; body: Record<string, unknown>;
  at: string; sending: Sending; why?: string | null;
}

export const nameOfItem = (item: Item, language: "zh" | "en"): string => (language === "zh" ? item.zh : item.en);
export const mustOf = (item: Item, language: "zh" | "en"): string => (language === "zh" ? item.must_zh : item.must_en);
