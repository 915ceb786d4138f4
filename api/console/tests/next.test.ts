import { describe, expect, it } from "vitest";
import { clockOf, likeliest, nextOf, placeOf } from "../src/board/next";
import type { ActionName, Allowed, Assignment } from "../src/model";
import { at, incident } from "./incident";

const asked = (part: Partial<Assignment>): Assignment => ({
  id: "a", incident_id: "i", firm_id: "f", firm_name: "Firm", unit_id: null, unit_name: null, tier: 1, state: "asked", eta_s: null,
  asked_at: at(0), accepted_at: null, arrived_at: null, ended_at: null, ...part,
});
const may = (...names: ActionName[]): Allowed[] => names.map((action, i) => ({ action, primary: i === 0, assignments: [] }));

describe("what happens next", () => {
  it("counts down a suspicion that decides itself, and says when a person must", () => {
    expect(nextOf(incident("i", { state: "suspected", confirm_at: at(60) }))).toEqual({ kind: "confirms", at: Date.parse(at(60)) });
    expect(nextOf(incident("i", { state: "suspected", waits_for_person: true }))).toEqual({ kind: "person" });
    expect(nextOf(incident("i", { state: "suspected", confirm_at: at(60), waits_for_person: true }))).toEqual({ kind: "person" });
  });

  it("says when a suspicion ends by itself, and waits for nobody where nobody is asked", () => {
    expect(nextOf(incident("i", { state: "suspected", clear_at: at(70) }))).toEqual({ kind: "clears", at: Date.parse(at(70)) });
    expect(nextOf(incident("i", { state: "suspected", clear_at: at(70), confirm_at: at(60) }))).toEqual({ kind: "confirms", at: Date.parse(at(60)) });
    expect(nextOf(incident("i", { state: "suspected", clear_at: at(70), waits_for_person: true }))).toEqual({ kind: "clears", at: Date.parse(at(70)) });
    expect(nextOf(incident("i", { state: "suspected" }))).toEqual({ kind: "decides" });
  });

  it("names who is moving: on site before on the way, the soonest of several", () => {
    const coming = [asked({ id: "1", state: "accepted", unit_name: "Late", accepted_at: at(0), eta_s: 900 }), asked({ id: "2", state: "accepted", unit_name: "Soon", accepted_at: at(0), eta_s: 300 })];
    expect(nextOf(incident("i", { state: "accepted", assignments: coming }))).toEqual({ kind: "arrive", name: "Soon", at: Date.parse(at(300)) });
    expect(nextOf(incident("i", { state: "arrived", assignments: [...coming, asked({ state: "arrived", unit_name: "There" })] }))).toEqual({ kind: "release", name: "There" });
    expect(nextOf(incident("i", { state: "dispatched", assignments: [asked({}), asked({ state: "declined", firm_name: "No" })] }))).toEqual({ kind: "accept", asked: ["Firm"] });
  });

  it("ends with the call-back, then with nothing", () => {
    expect(nextOf(incident("i", { state: "released" })).kind).toBe("close");
    expect(nextOf(incident("i", { state: "closed" })).kind).toBe("done");
  });
});

describe("the action on the Enter key", () => {
  it("acknowledges what rings", () => expect(likeliest(incident("i", { ringing: true }), may("dispatch", "acknowledge"))).toBe("acknowledge"));
  it("is the next step of the rescue once it is quiet", () => {
    expect(likeliest(incident("i", { state: "accepted" }), may("dispatch", "arrive", "cancel"))).toBe("arrive");
    expect(likeliest(incident("i", { state: "released" }), may("acknowledge", "close"))).toBe("close");
  });
  it("is what the server proposes where there is no such step, and never what it forbids", () => {
    expect(likeliest(incident("i", { state: "arrived" }), may("note"))).toBe("note");
    expect(likeliest(incident("i", { kind: "fault" }), may("accept", "close"))).toBe("accept");
    expect(likeliest(incident("i"), [])).toBeNull();
  });
});

describe("an incident's clock and place", () => {
  it("runs from the first suspicion and stands still at the release", () => {
    expect(clockOf(incident("i", { opened_at: at(1), released_at: at(9), state: "released" }))).toEqual({ since: at(1), until: at(9) });
    expect(clockOf(incident("i", { opened_at: at(1) })).until).toBeNull();
  });
  it("says nothing where nobody knows", () => expect(placeOf(incident("i", { lift_id: null }))).toBeNull());
});
