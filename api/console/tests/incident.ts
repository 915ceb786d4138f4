/** An incident for tests: a confirmed P1 rescue, changed by what the test says. */
import type { Incident } from "../src/model";

export const at = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString();

export function incident(id: string, part: Partial<Incident> = {}): Incident {
  return {
    id, lift_id: `lift-${id}`, rescue_code: null, kind: "rescue", priority: "P1", state: "confirmed", reason: "outside_zone", causes: [],
    tier: 1, version: 1, code: null, opened_at: at(0), confirmed_at: null, acknowledged_at: null, dispatched_at: null, accepted_at: null,
    arrived_at: null, released_at: null, closed_at: null, event_ts: null, received_at: null, drill: false, unregistered: false,
    unreadable: false, area: null, previous: null, assignments: [], ringing: false, waits_for_person: false,
    summary: { zh: "", en: "" }, place: null, caller: null, callers: [], persons: null, cause: null, lift: null, next_step: null, confirm_at: null, clear_at: null, ...part,
  };
}
