/** The shapes of maintenance that the API answers with, as far as the offices' pages read them. */
import type { Words } from "../model";

export type Kind = "half_month" | "quarter" | "half_year" | "year";

export interface Due {
  lift_id: string; name: string | null; rescue_code: string | null; address: string | null; building: string | null; district: string | null;
  firm: string | null; firm_name: string | null;
  kind: Kind; due_on: string; days_left: number; standing: "later" | "soon" | "overdue"; on_demand: boolean;
}
export interface Visit {
  id: string; lift_id: string; name: string | null; building: string | null; district: string | null;
  firm: string; firm_name: string; kind: Kind | null;
  state: "new" | "on_site" | "interrupted" | "left" | "complete" | "void";
  workers: string[]; alone: boolean; began_at: string | null; checked_in_at: string | null; left_at: string | null; checked_out_at: string | null; completed_at: string | null;
  abnormal: number; marks: string[]; version: number;
}
export interface Drawing { kind: "svg" | "png"; data: string }
export interface Signature { name: string; channel: string; drawing: Drawing; done_at: string }
export type Outcome = "normal" | "abnormal" | "not_applicable";
export interface Result {
  code: string; zh: string; en: string; must_zh: string; must_en: string; unit: string | null; key: boolean;
  outcome: Outcome | null; value: number | null; text: string | null; photos: string[];
}
export interface Line {
  n: number; kind: string; at: string; done_at: string; device_at: string | null; actor: { kind: string; name?: string }; channel: string;
  outcome: string; text: Words | null; marks: { code: string; text: Words }[]; body: Record<string, unknown>;
}
export interface VisitDetail extends Visit {
  people: { id: string; name: string; valid_until: string | null }[];
  items: Result[]; parts: { name: string; count: number | null; number: string | null }[]; notes: { text?: string }[];
  signatures: Signature[]; countersigned: Signature | null; void_reason: string | null;
  timeline: Line[]; orders: Order[]; allowed: string[];
}
export interface Order {
  id: string; lift_id: string; name: string | null; building: string | null; firm: string | null; firm_name: string | null; visit: string | null; item: string | null;
  text: string; photos: string[]; state: "open" | "accepted" | "done" | "closed" | "withdrawn"; opened_at: string; done_at: string | null; version: number;
}
export interface OrderDetail extends Order {
  timeline: { n: number; at: string; actor: { kind: string; name?: string }; action: string; text: string | null; photos: string[] }[];
  allowed: string[];
}
export interface Certificate { kind: string; number: string; valid_until: string; expired: boolean }
export interface Worker { id: string; name: string; phone: string | null; active: boolean; qualified: boolean; certificates: Certificate[] }
export interface Signing {
  lift_id: string; name: string | null; building: string | null; firm_name: string; kind: Kind | null; state: string; workers: string[];
  began_at: string | null; left_at: string | null; items: number; signed: boolean; signed_by: string | null; signed_at: string | null;
  results: { code: string; name: Words; must: Words; unit: string | null; outcome: Outcome | null; value: number | null; text: string | null; photos: number }[];
  signatures: Signature[]; notes: { text?: string }[]; expires_at: string; version: number;
}
export interface Standing {
  id: string | null; name: string | null; lifts: number; overdue_lifts: number; overdue: number; overdue_days: number; worst_days: number;
  visits: number; timed: number; in_time: number; late: number; far: number; orders_open: number; oldest_order_at: string | null;
  checked: number; doubtful: number;
}
export interface Plausibility {
  visit: string; level: "supported" | "open" | "doubtful" | "unknown" | null; score: number | null; text: Words | null; note: Words;
  evidence: { code: string; points: number; text: Words }[];
}
export interface PlausibleVisit extends Plausibility {
  lift_id: string; name: string | null; building: string | null; firm_name: string; kind: Kind | null; workers: string[]; began_at: string | null;
}
export interface Calendar { id: string; name: string; created_at: string; url: string | null }
export interface Sticker { lift_id: string; code: string; url: string; made_at: string; picture: string }
