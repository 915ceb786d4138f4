// A stand-in for the API while the console is worked on: serves dist/ and made-up shapes, keeps no promises.
// Development and pictures only. `node tests/mock-server.mjs [empty|normal|worst|flood] [port]`; 0 picks a free port.
// POST /mock/{silent|hang|down|up|storm} changes its behaviour while it runs.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const scenario = process.argv[2] ?? "normal";
const port = Number(process.argv[3] ?? 0);
const iso = (secondsAgo = 0) => new Date(Date.now() - secondsAgo * 1000).toISOString();

const FIRMS = [
  { id: "f1", name: "株洲安达电梯维保有限公司", phone: "0731-2860 1100", active: true },
  { id: "f2", name: "湘江电梯工程公司", phone: "0731-2877 4521", active: true },
  { id: "f3", name: "天元区应急救援站", phone: "0731-2833 0119", active: true },
];
const UNITS = [
  { id: "u1", firm_id: "f1", name: "安达一组 李建国", phone: "138 7330 0011", active: true },
  { id: "u2", firm_id: "f1", name: "安达二组 王磊", phone: "138 7330 0012", active: true },
  { id: "u3", firm_id: "f2", name: "湘江抢修组", phone: "139 0733 4412", active: true },
  { id: "u4", firm_id: "f3", name: "天元救援一队", phone: "0731-2833 0120", active: true },
];
const PLACES = [
  ["神农城写字楼 3 号梯", "天元区珠江北路 369 号", "神农城写字楼", "天元区", 26], ["株洲中心医院住院部 2 号梯", "天元区长江南路 116 号", "中心医院住院部", "天元区", 14],
  ["湘银熙城 7 栋 1 单元", "荷塘区新华西路 1088 号", "湘银熙城 7 栋", "荷塘区", 33], ["大汉希尔顿酒店观光梯", "天元区庐山路 898 号", "大汉希尔顿", "天元区", 30],
  ["王府井百货 5 号梯", "芦淞区人民中路 68 号", "王府井百货", "芦淞区", 8], ["清水塘花园 12 栋", "石峰区建设北路 41 号", "清水塘花园 12 栋", "石峰区", 18],
  ["渌口人民医院门诊梯", "渌口区渌口镇向阳南路 9 号", "渌口人民医院", "渌口区", 6], ["铂金时代 B 座 2 号梯", "天元区泰山路 56 号", "铂金时代 B 座", "天元区", 28],
];
const LIFTS = Array.from({ length: 40 }, (_, i) => {
  const [name, address, building, district, top] = PLACES[i % PLACES.length];
  const floors = ["B2", "B1", ...Array.from({ length: top }, (_, n) => String(n + 1))];
  return {
    lift_id: `3010430200201${String(1000000 + i * 137).slice(0, 7)}`, rescue_code: String(302001 + i * 7), name: i < 8 ? name : `${name}（${Math.floor(i / 8) + 1}）`,
    lift_class: "traction", address, building, district, feeder: `10kV-${i % 5}`, gateway: null, lat: 27.83 + i / 1000, lon: 113.13, firm: i % 3 ? "f1" : "f2",
    firm_name: i % 3 ? FIRMS[0].name : FIRMS[1].name, model: "LCE-1000", rated_speed: 2.5, load_rated: 1000, floors, commissioned_on: "2016-05-01", drill: false, registered: true, offset: 0.4,
    state: i % 13 === 5 ? null : stateOf(floors, i),
  };
});
function stateOf(floors, i) {
  const at = (i * 5) % floors.length;
  return {
    online: i % 11 !== 6, heard_at: iso(i % 11 === 6 ? 1900 : i % 20), link_at: iso(5000), interval: 30, firmware: "2.4.1", received_at: iso(i % 20), stopped_at: iso(72 + i),
    sample: { ts: iso(i % 20), seq: 100, boot: "b", mode: i % 9 === 4 ? "inspection" : "normal", floor: floors[at], moving: false, door_zone: true, door: i % 4 ? "closed" : "open", direction: "none", speed: 0, position: at * 3.3,
      occupied: i % 6 === 2 ? null : false, people: null, load: null, power: "mains", safety_chain: "closed", door_command: "none", car_calls: 0, faults: [], temperature: 24.5 },
    occupied: i % 6 === 2 ? null : false, occupied_by: null, codes: [], notes: i % 6 === 2 ? [{ code: "no_occupancy", zh: "无乘客传感器", en: "No occupancy sensor" }] : [],
  };
}
function trap(lift, between) {
  const height = lift.state.sample.position + (between ? 1.5 : 0);
  Object.assign(lift.state, { occupied: true, occupied_by: "sensor", codes: ["stopped_outside_zone"], online: true, heard_at: iso(3) });
  Object.assign(lift.state.sample, { position: height, door_zone: !between, door: "closed", occupied: true, people: 2, direction: "up", faults: ["stopped_outside_zone"] });
}

let feed = 100;
const incidents = new Map();
const clients = new Set();
let mode = "up";

function entry(incident, action, part = {}) {
  incident.timeline.push({ n: incident.timeline.length + 1, at: iso(part.ago ?? 0), device_at: null, actor: part.actor ?? { kind: "system", id: null, name: null, role: null }, channel: part.channel ?? "policy", action, from: part.from ?? null, to: part.to ?? null, reason: part.reason ?? null, note: part.note ?? null, detail: part.detail ?? null });
}
function ask(incident, firm, unit, tier, state, ago, eta = null) {
  incident.assignments.push({ id: `a${incident.id}${incident.assignments.length}`, incident_id: incident.id, firm_id: firm, firm_name: FIRMS.find((f) => f.id === firm).name, unit_id: unit, unit_name: UNITS.find((u) => u.id === unit)?.name ?? null, tier, state, eta_s: eta,
    asked_at: iso(ago), accepted_at: ["accepted", "arrived"].includes(state) ? iso(ago - 40) : null, arrived_at: state === "arrived" ? iso(Math.max(5, ago - 600)) : null, ended_at: ["declined", "no_answer", "stood_down"].includes(state) ? iso(ago - 60) : null });
}
function make(id, lift, part) {
  const { ago, ...rest } = part;
  if (lift?.state && rest.kind !== "offline" && !rest.code) trap(lift, rest.reason === "outside_zone");
  const incident = {
    id, lift_id: lift?.lift_id ?? null, rescue_code: lift?.rescue_code ?? null, kind: "rescue", priority: "P1", state: "confirmed", reason: "outside_zone", causes: [], tier: 1, version: 1, code: null,
    opened_at: iso(ago), confirmed_at: null, acknowledged_at: null, dispatched_at: null, accepted_at: null, arrived_at: null, released_at: null, closed_at: null, event_ts: iso(ago), received_at: iso(ago), drill: false, unregistered: false, unreadable: false,
    area: null, previous: null, assignments: [], ringing: false, waits_for_person: false, place: null, caller: null, persons: null, cause: null, next_step: null, confirm_at: null, clear_at: null,
    summary: { zh: "", en: "" }, lift: lift && { lift_id: lift.lift_id, rescue_code: lift.rescue_code, name: lift.name, address: lift.address, building: lift.building, district: lift.district, lat: lift.lat, lon: lift.lon, firm: lift.firm, firm_name: lift.firm_name },
    timeline: [], messages: [], evidence: { rule: rest.reason ?? null, occupied_by: "sensor", thresholds: { suspected_after_s: 20, confirmed_after_s: 60 }, since: iso(ago + 20), samples: [], events: [] }, ...rest,
  };
  if (incident.kind === "rescue" && lift?.state) incident.evidence.samples = evidence(lift, ago);
  if (incident.kind === "rescue") incident.evidence.events = [{ ts: Date.now() - (ago + 12) * 1000, code: "alarm_button", active: true, seq: 3, raw: "90", received_at: iso(ago + 12) }];
  incident.callers ??= incident.caller ? [incident.caller] : [];
  entry(incident, "open", { ago, to: "suspected", reason: incident.reason });
  incidents.set(id, incident);
  return incident;
}
function evidence(lift, ago) {
  const base = lift.state.sample.position - 1.5;
  return [180, 150, 120, 100, 96, 92, 80, 60, 40, 20, 0].map((second) => ({
    ts: Date.now() - (ago + second - 5) * 1000, received_at: iso(ago + second - 5), seq: 300 - second, mode: "normal", floor: lift.state.sample.floor, moving: second <= 100 && second > 80, door_zone: second > 96, door: second > 120 ? "open" : second > 100 ? "closing" : "closed",
    direction: "up", speed: second <= 100 && second > 80 ? 1.2 : 0, position: second > 96 ? base : base + 1.5, occupied: second <= 150, power: second < 60 ? "battery" : "mains", faults: second < 60 ? ["stopped_outside_zone"] : [],
  }));
}
const says = (zh, en) => ({ zh, en });

function populate() {
  incidents.clear();
  if (scenario === "empty") return;
  const floor = (l) => l.state.sample.floor;
  const l = LIFTS;
  let one = make("01a", l[0], { ago: 72, confirmed_at: iso(12), ringing: true, state: "dispatched", dispatched_at: iso(11), reason: "outside_zone", causes: ["outside_zone", "alarm_pressed"] });
  one.summary = says(`停在 ${floor(l[0])} 层与上一层之间 1 分 12 秒，轿厢内有人，门关闭，按下了报警按钮。`, `Stopped between two landings near ${floor(l[0])} for 1:12 with someone inside; door closed; the alarm button was pressed.`);
  entry(one, "confirm", { ago: 12, from: "suspected", to: "confirmed", reason: "outside_zone" });
  entry(one, "dispatch", { ago: 11, from: "confirmed", to: "dispatched", detail: { firm_name: FIRMS[1].name } });
  ask(one, "f2", null, 1, "asked", 11);
  one.messages.push({ id: "m1", channel: "webhook", to: FIRMS[1].name, text: says("电梯困人，请立即救援。", "People trapped. Rescue at once."), at: iso(11), sent_at: iso(10), state: "sent" });
  one = make("01b", l[1], { ago: 24, state: "suspected", reason: "door_wont_open", confirm_at: iso(-66), causes: ["door_wont_open"] });
  one.summary = says("到站后门未打开 24 秒，轿厢内有人，内召未响应。", "At a landing for 24 s with someone inside; the door does not open; calls are not served.");
  one = make("01c", l[2], { ago: 940, confirmed_at: iso(880), acknowledged_at: iso(860), state: "accepted", dispatched_at: iso(879), accepted_at: iso(800), reason: "power_lost", causes: ["power_lost"], persons: 3, caller: "136 0733 8899" });
  one.summary = says("停电停梯 15 分钟，轿厢内有 3 人，维修组已在途中。", "Stopped without power for 15 minutes with three people inside; a crew is on its way.");
  entry(one, "confirm", { ago: 880, to: "confirmed", from: "suspected", reason: "power_lost" });
  entry(one, "acknowledge", { ago: 860, actor: { kind: "user", id: "x", name: "陈晓梅", role: "dispatcher" }, channel: "console" });
  entry(one, "accept", { ago: 800, from: "dispatched", to: "accepted", actor: { kind: "user", id: "y", name: "李建国", role: "responder" }, detail: { unit_name: UNITS[0].name, eta_s: 900 } });
  entry(one, "note", { ago: 300, actor: { kind: "user", id: "x", name: "陈晓梅", role: "dispatcher" }, note: "与乘客通话：三人，一名老人，情绪稳定，已告知救援时间。" });
  ask(one, "f1", "u1", 1, "accepted", 840, 600);
  ask(one, "f3", "u4", 2, "stood_down", 700);
  one = make("01d", l[3], { ago: 2300, confirmed_at: iso(2240), acknowledged_at: iso(2230), state: "arrived", dispatched_at: iso(2240), accepted_at: iso(2200), arrived_at: iso(900), reason: "alarm_pressed", causes: ["alarm_pressed"], persons: 1 });
  one.summary = says("轿厢内按下报警，救援人员已到场。", "Alarm pressed in the car; the crew is on site.");
  ask(one, "f2", "u3", 1, "arrived", 2240, 1200);
  one = make("01e", l[4], { ago: 4000, confirmed_at: iso(3950), acknowledged_at: iso(3940), state: "released", dispatched_at: iso(3950), accepted_at: iso(3900), arrived_at: iso(3000), released_at: iso(2600), persons: 2, reason: "outside_zone" });
  one.summary = says("两名乘客已解困，等待回访结案。", "Two passengers were freed; waiting for the call-back.");
  ask(one, "f1", "u2", 1, "arrived", 3940, 900);
  one = make("02a", l[7], { ago: 500, kind: "danger", code: "brake_failure", reason: null, priority: "P1", acknowledged_at: iso(480) });
  one.summary = says("制动系统故障，轿厢为空，禁止使用。", "Brake failure, the car is empty and must not be used.");
  one = make("02b", l[9], { ago: 130, kind: "fault", code: "alarm_device_fault", reason: null, priority: "P2", ringing: true });
  one.summary = says("报警装置故障：按钮持续接通 30 分钟。", "Alarm device fault: the button has been on for 30 minutes.");
  for (const [i, code] of ["door_close_failure", "door_cycling", "door_held"].entries()) {
    one = make(`03${i}`, l[10], { ago: 3000 + i * 100, kind: "fault", code, reason: null, priority: "P3" });
    one.summary = says("门系统故障。", "Door fault.");
  }
  one = make("04a", l[6], { ago: 1800, kind: "offline", code: "offline", reason: null, priority: "P3" });
  one.summary = says("1900 秒未收到数据。", "Nothing heard for 1900 s.");
  one = make("04b", l[12], { ago: 90_000, kind: "fault", code: "battery_low", reason: null, priority: "P4" });
  one.summary = says("电池电量低。", "Battery low.");
  if (scenario === "flood") {
    for (let i = 0; i < 200; i += 1) {
      one = make(`08${String(i).padStart(3, "0")}`, l[i % 40], { ago: 10 + i * 7, confirmed_at: iso(i * 7), ringing: i % 3 === 0, acknowledged_at: i % 3 ? iso(i) : null, state: "dispatched", priority: i % 4 ? "P1" : "P2", reason: "power_lost", causes: ["power_lost"] });
      one.summary = says("停电停梯。", "Stopped without power.");
    }
  }
  if (scenario !== "worst") return;
  one = make("05s", null, { ago: 40, kind: "system", code: null, reason: null, priority: "P1", ringing: true, place: "平台" });
  one.summary = says("38% 的电梯在 60 秒内失联：平台可能已失明。", "38 % of lifts fell silent within 60 s: the platform may be blind.");
  one.place = null;
  one = make("05p", null, { ago: 200, reason: "caller", causes: ["caller"], ringing: true, place: "向阳小区东门旁的楼，具体梯号不详，来电人说灯一直在闪", caller: "0731-2811 0000" });
  one.summary = says("来电报告：有人被困，电梯未知。", "A caller reports people trapped; the lift is not known.");
  one.waits_for_person = true;
  for (let i = 14; i < 36; i += 1) {
    if (!l[i].state) continue;
    one = make(`06${i}`, l[i], { ago: 30 + i * 23, confirmed_at: iso(i * 23), ringing: i % 2 === 0, acknowledged_at: i % 2 ? iso(i * 20) : null, state: i % 3 ? "dispatched" : "confirmed", priority: i % 5 ? "P1" : "P2", reason: i % 5 ? "power_lost" : "long_stay", unregistered: i === 20, drill: i === 22, causes: ["power_lost"] });
    one.summary = says("停电停梯，轿厢内有人，门关闭。", "Stopped without power with someone inside; door closed.");
    if (i % 3) ask(one, "f1", null, 1, "asked", i * 23);
  }
}

const ORDER = { suspected: ["acknowledge", "confirm", "dispatch", "note", "cancel"], confirmed: ["acknowledge", "dispatch", "accept", "arrive", "escalate", "release", "note", "cancel"], dispatched: ["acknowledge", "dispatch", "accept", "decline", "arrive", "stand_down", "escalate", "release", "note", "cancel"],
  accepted: ["acknowledge", "dispatch", "on_way", "arrive", "decline", "stand_down", "escalate", "release", "note", "cancel"], arrived: ["acknowledge", "dispatch", "release", "stand_down", "escalate", "note", "cancel"], released: ["close", "reopen", "note"], closed: ["reopen", "note"], cancelled: ["reopen", "note"], cleared: ["note"] };
const LIKELY = { suspected: "confirm", confirmed: "dispatch", dispatched: "accept", accepted: "arrive", arrived: "release", released: "close" };
function allowed(incident) {
  const names = incident.kind === "rescue" ? ORDER[incident.state] : incident.state === "closed" ? ["note"] : ["acknowledge", "accept", "note", "close"];
  const likely = incident.acknowledged_at ? (LIKELY[incident.state] ?? "close") : "acknowledge";
  const live = incident.assignments.filter((a) => !a.ended_at).map((a) => a.id);
  return names.filter((name) => !(name === "acknowledge" && incident.acknowledged_at)).map((action) => ({ action, primary: action === likely, assignments: ["accept", "decline", "on_way", "arrive", "stand_down"].includes(action) ? live : [] }));
}
const list = ({ timeline, messages, evidence: _, ...rest }) => rest;
const detail = (incident) => ({ ...incident, allowed: allowed(incident) });

const TO = { confirm: "confirmed", dispatch: "dispatched", escalate: "dispatched", accept: "accepted", arrive: "arrived", release: "released", close: "closed", cancel: "cancelled", reopen: "confirmed" };
function act(incident, action, body) {
  const from = incident.state;
  const to = TO[action] ?? from;
  incident.state = to;
  incident.version += 1;
  if (action !== "note") incident.ringing = false;
  if (action === "acknowledge") incident.acknowledged_at = iso();
  const stamp = `${to}_at`;
  if (stamp in incident && !incident[stamp]) incident[stamp] = iso();
  if (action === "dispatch") ask(incident, UNITS.find((u) => u.id === body.unit_id)?.firm_id ?? body.firm_id, body.unit_id ?? null, body.tier ?? 1, "asked", 0);
  for (const one of incident.assignments) {
    if (body.assignment_id && one.id !== body.assignment_id) continue;
    if (action === "accept") Object.assign(one, { state: "accepted", accepted_at: iso(), eta_s: body.eta_s ?? null });
    if (action === "arrive") Object.assign(one, { state: "arrived", arrived_at: iso() });
    if (action === "decline" || action === "stand_down") Object.assign(one, { state: action === "decline" ? "declined" : "stood_down", ended_at: iso() });
  }
  if (action === "release") Object.assign(incident, { persons: body.persons });
  if (action === "close") incident.cause = body.cause;
  entry(incident, action, { from, to, actor: { kind: "user", id: "x", name: "陈晓梅", role: "dispatcher" }, channel: "console", reason: body.reason, note: body.note ?? body.text, detail: body });
  publish("incident", list(incident));
}
const overview = () => {
  const open = {};
  for (const one of incidents.values()) open[one.priority] = (open[one.priority] ?? 0) + 1;
  const bad = mode === "unwell";
  return { now: iso(), lifts: 40, lifts_online: 36, intake: { listening: !bad, alive_at: iso(bad ? 95 : 1), since: iso(bad ? 95 : 9000) }, dispatch: { alive_at: iso(bad ? 64 : 1) }, open };
};
function publish(event, data, id = true) {
  if (id) feed += 1;
  if (mode === "silent") return;
  for (const client of clients) client.write(`event: ${event}\n${id ? `id: ${feed}\n` : ""}data: ${JSON.stringify(data)}\n\n`);
}
setInterval(() => publish("heartbeat", overview(), false), 2000).unref();
let phase = 0;
setInterval(() => {
  // One car rides up and down, opening its doors at every landing, so that there is something to look at.
  const lift = LIFTS[8];
  phase += 1;
  const step = phase % 12;
  const floor = Math.floor(phase / 12) % 8;
  Object.assign(lift.state.sample, { ts: iso(), floor: lift.floors[floor], position: (floor + (step > 8 ? (step - 8) / 4 : 0)) * 3.3, moving: step > 8, door_zone: step <= 8, speed: step > 8 ? 1.6 : 0, direction: "up", door: step < 2 ? "opening" : step < 6 ? "open" : step < 8 ? "closing" : "closed", occupied: true });
  Object.assign(lift.state, { heard_at: iso(), received_at: iso(), online: true, occupied: true, occupied_by: "sensor" });
  publish("lift", lift);
}, 1000).unref();

const USER = { id: "x", login: "chen", name: "陈晓梅", role: process.env.MOCK_ROLE ?? "dispatcher", firm_id: process.env.MOCK_ROLE ? "f1" : null, unit_id: process.env.MOCK_ROLE === "responder" ? "u1" : null, building: null };
const meNow = () => ({ user: USER, csrf: "word", now: iso() });
const page = (items, url) => {
  const limit = Number(url.searchParams.get("limit") ?? 50);
  const start = Number(url.searchParams.get("cursor") ?? 0);
  return { items: items.slice(start, start + limit), next_cursor: start + limit < items.length ? String(start + limit) : null };
};
function telemetry(lift) {
  const items = [];
  for (let second = 0; second < 3600; second += 6) {
    if (second > 1500 && second < 1900) continue;
    const phase = ((3600 - second) / 90) % (2 * Math.PI);
    const height = Math.max(0, (Math.sin(phase) + 1) * 12);
    const moving = Math.abs(Math.cos(phase)) > 0.35;
    items.push({ ts: iso(second), received_at: iso(second), late: false, seq: 1, mode: "normal", floor: lift.floors[Math.round(height / 3.3)] ?? "1", moving, door_zone: !moving, door: moving ? "closed" : second % 24 < 12 ? "open" : "closing", direction: Math.cos(phase) > 0 ? "up" : "down", speed: moving ? Math.abs(Math.cos(phase)) * 2.4 : 0, position: height, occupied: moving, power: "mains", faults: second > 900 && second < 1100 ? ["door_close_failure"] : [] });
  }
  return items;
}

async function api(req, res, url) {
  const send = (status, body, headers = {}) => { res.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", ...headers }); res.end(body === undefined ? "" : JSON.stringify(body)); };
  const problem = (status, text, errors) => send(status, { type: "about:blank", title: text, status, detail: text, errors });
  const parts = url.pathname.replace("/api/v1/", "").split("/").map(decodeURIComponent);
  let raw = "";
  for await (const chunk of req) raw += chunk;
  const body = raw ? JSON.parse(raw) : {};
  const signed = /liftline_session=ok/.test(req.headers.cookie ?? "");
  const cookie = { "Set-Cookie": "liftline_session=ok; HttpOnly; SameSite=Strict; Path=/" };
  if (parts[0] === "session" && req.method === "POST") {
    if (parts[1] === "link") return body.code === "CODE" ? send(200, meNow(), cookie) : problem(401, "The link is no longer good.");
    return body.password === "wrong" ? problem(401, "Wrong.") : send(200, meNow(), cookie);
  }
  if (!signed) return problem(401, "Sign in first.");
  if (parts[0] === "session") return req.method === "DELETE" ? send(204, undefined, { "Set-Cookie": "liftline_session=; Max-Age=0; Path=/" }) : send(200, meNow());
  if (parts[0] === "stream") {
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    clients.add(res);
    req.on("close", () => clients.delete(res));
    if (mode !== "silent") res.write(`event: heartbeat\ndata: ${JSON.stringify(overview())}\n\n`);
    return;
  }
  if (req.method !== "GET" && req.headers["x-csrf-token"] !== "word") return problem(403, "CSRF word is missing.");
  if (parts[0] === "overview") return send(200, overview());
  if (parts[0] === "firms") return send(200, page(FIRMS, url));
  if (parts[0] === "units") return send(200, page(UNITS, url));
  if (parts[0] === "assignments") return send(200, page([...incidents.values()].filter((i) => i.kind === "rescue").flatMap((i) => i.assignments.filter((a) => a.firm_id === "f1" && !a.ended_at && i.state !== "released" && i.state !== "closed").map((a) => ({ ...a, incident: list(i) }))), url));
  if (parts[0] === "lifts") {
    if (parts.length === 1) {
      const q = (url.searchParams.get("q") ?? "").toLowerCase();
      return send(200, page(LIFTS.filter((one) => [one.lift_id, one.rescue_code, one.name, one.address, one.building].join(" ").toLowerCase().includes(q)), url));
    }
    const lift = LIFTS.find((one) => one.lift_id === parts[1]);
    if (!lift) return problem(404, "No such lift.");
    if (parts[2] === "telemetry") return send(200, page(lift.state ? telemetry(lift) : [], url));
    if (parts[2] === "events") return send(200, page([{ ts: iso(1300), received_at: iso(1300), code: "alarm_button", active: true }, { ts: iso(1200), received_at: iso(1200), code: "alarm_button", active: false }], url));
    return send(200, lift);
  }
  if (parts[0] === "incidents") {
    if (parts.length === 1 && req.method === "GET") {
      const lift = url.searchParams.get("lift_id");
      const open = url.searchParams.get("state") === "open";
      return send(200, page([...incidents.values()].filter((one) => (!lift || one.lift_id === lift) && (!open || !["closed", "cancelled", "cleared"].includes(one.state))).map(list).reverse(), url));
    }
    if (parts.length === 1) {
      const lift = LIFTS.find((one) => one.lift_id === body.lift_id) ?? null;
      const one = make(`09${Date.now()}`, lift, { ago: 0, reason: "caller", causes: ["caller"], ringing: true, place: body.place ?? null, caller: body.caller ?? null });
      one.summary = says("来电报告有人被困。", "A caller reports people trapped.");
      publish("incident", list(one));
      return send(201, detail(one));
    }
    const incident = incidents.get(parts[1]);
    if (!incident) return problem(404, "No such incident.");
    if (parts.length === 2) return send(200, detail(incident));
    if (!allowed(incident).some((one) => one.action === parts[2])) return problem(409, `The incident is ${incident.state}: ${parts[2]} is not possible.`);
    if (parts[2] === "release" && body.said_by === "nobody") return problem(422, "Who says so?", [{ field: "body.said_by", message: "must be a name", expected: "a person's name" }]);
    act(incident, parts[2], body);
    return send(200, detail(incident));
  }
  problem(404, "Not here.");
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const server = createServer((req, res) => {
  const url = new URL(req.url, "http://mock");
  if (url.pathname.startsWith("/mock/")) {
    mode = url.pathname.slice(6);
    if (mode === "down") for (const client of clients) client.destroy();
    if (mode === "storm") {
      mode = "up";
      for (let i = 0; i < 3; i += 1) {
        const one = make(`07${Date.now()}${i}`, LIFTS[20 + i], { ago: 2, state: "confirmed", ringing: true, reason: "alarm_pressed", causes: ["alarm_pressed"], confirmed_at: iso() });
        one.summary = says("轿厢内按下报警。", "Alarm pressed in the car.");
        publish("incident", list(one));
      }
    }
    return res.end(mode);
  }
  if (mode === "down") return req.destroy();
  if (mode === "hang") return undefined;
  if (url.pathname.startsWith("/api/v1/")) return void api(req, res, url).catch((error) => { console.error(error); res.destroy(); });
  const path = normalize(join(DIST, url.pathname === "/" ? "index.html" : url.pathname));
  if (!path.startsWith(DIST) || !existsSync(path)) { res.writeHead(404); return res.end(); }
  res.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
  createReadStream(path).pipe(res);
});
populate();
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
