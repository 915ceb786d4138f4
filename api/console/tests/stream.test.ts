import { describe, expect, it } from "vitest";
import { BLIND_AFTER, blindSince, CONNECT_TIMEOUT, DEAD_AFTER, initial, type Input, type Output, Parser, step, type Stream } from "../src/stream";

/** Runs a story of (time, input) and collects what the shell would have to do. */
function run(story: readonly (readonly [number, Input])[], from: Stream = initial): { stream: Stream; did: [number, Output][] } {
  let stream = from;
  const did: [number, Output][] = [];
  for (const [at, input] of story) {
    const [next, outputs] = step(stream, input, at);
    stream = next;
    for (const output of outputs) did.push([at, output]);
  }
  return { stream, did };
}
const tick = { type: "tick" } as const;
const beat = (id: string | null = null): Input => ({ type: "event", name: "heartbeat", id });

describe("the live stream", () => {
  it("connects, loads the lists on a first connection, and remembers the last id", () => {
    const { stream, did } = run([[0, { type: "start" }], [50, { type: "opened" }], [60, beat()], [70, { type: "event", name: "incident", id: "41" }], [80, beat()]]);
    expect(did).toEqual([[0, "connect"], [50, "reload"]]);
    expect(stream.lastId).toBe("41");
  });

  it("resumes with the last id and without loading anew", () => {
    const { did, stream } = run([
      [0, { type: "start" }], [50, { type: "opened" }], [60, { type: "event", name: "incident", id: "41" }],
      [5000, { type: "ended" }], [5100, tick], [5400, tick], [5450, { type: "opened" }],
    ]);
    expect(did).toEqual([[0, "connect"], [50, "reload"], [5400, "connect"]]);
    expect(stream.lastId).toBe("41");
  });

  it("loads the lists again on reset", () => {
    const { did } = run([[0, { type: "start" }], [50, { type: "opened" }], [60, beat("1")], [90, { type: "event", name: "reset", id: "99" }]]);
    expect(did.at(-1)).toEqual([90, "reload"]);
  });

  it("is blind after 10 s of silence even while the socket looks open", () => {
    const { stream } = run([[0, { type: "start" }], [50, { type: "opened" }], [100, beat()]]);
    expect(blindSince(stream, 100 + BLIND_AFTER - 1)).toBeNull();
    expect(blindSince(stream, 100 + BLIND_AFTER)).toBe(100);
  });

  it("is blind when it never connected, and not before it was started", () => {
    const { stream } = run([[0, { type: "start" }], [10, { type: "ended" }]]);
    expect(blindSince(stream, BLIND_AFTER)).toBe(0);
    expect(blindSince(initial, 1e9)).toBeNull();
  });

  it("sees again with the first event, not with the mere connection", () => {
    const story = run([[0, { type: "start" }], [50, { type: "opened" }], [100, beat()], [12_200, tick], [12_600, tick], [12_700, { type: "opened" }]]);
    expect(blindSince(story.stream, 12_700)).toBe(100);
    expect(blindSince(run([[12_800, beat()]], story.stream).stream, 12_801)).toBeNull();
  });

  it("gives up a connection that says nothing and makes another", () => {
    const { did } = run([[0, { type: "start" }], [50, { type: "opened" }], [100, beat("7")], [100 + DEAD_AFTER - 1, tick], [100 + DEAD_AFTER, tick], [100 + DEAD_AFTER + 300, tick]]);
    expect(did.slice(2)).toEqual([[100 + DEAD_AFTER, "abort"], [100 + DEAD_AFTER + 300, "connect"]]);
  });

  it("does not wait for ever for an answer", () => {
    const { did, stream } = run([[0, { type: "start" }], [CONNECT_TIMEOUT, tick]]);
    expect(did).toEqual([[0, "connect"], [CONNECT_TIMEOUT, "abort"]]);
    expect(stream.phase).toBe("waiting");
  });

  it("keeps trying for ever, never longer apart than 2.5 s, and at once when woken", () => {
    let stream = run([[0, { type: "start" }]]).stream;
    let at = 0;
    for (let i = 0; i < 50; i += 1) {
      [stream] = step(stream, { type: "ended" }, at);
      expect(stream.retryAt - at).toBeLessThanOrEqual(2500);
      at = stream.retryAt;
      const [next, outputs] = step(stream, tick, at);
      expect(outputs).toEqual(["connect"]);
      stream = next;
    }
    [stream] = step(stream, { type: "ended" }, at);
    expect(step(stream, { type: "wake" }, at + 1)[1]).toEqual(["connect"]);
  });

  it("stays off once stopped", () => {
    const { stream, did } = run([[0, { type: "start" }], [10, { type: "stop" }], [20, { type: "ended" }], [9000, tick], [9001, beat("5")]]);
    expect(stream).toEqual(initial);
    expect(did).toEqual([[0, "connect"], [10, "abort"]]);
  });
});

describe("the event parser", () => {
  const text = 'id: 7\nevent: incident\ndata: {"a":1}\n\n: ping\n\nevent: reset\ndata:\n\n';
  const frames = [{ event: "incident", data: '{"a":1}', id: "7" }, { event: "reset", data: "", id: null }];

  it.each(["\n", "\r\n"])("reads events whatever ends the lines (%j)", (end) => {
    expect(new Parser().push(text.replaceAll("\n", end))).toEqual(frames);
  });

  it("reads the same however the bytes were cut", () => {
    for (const end of ["\n", "\r\n"]) {
      const whole = text.replaceAll("\n", end);
      for (let size = 1; size < 9; size += 1) {
        const parser = new Parser();
        const got = [];
        for (let i = 0; i < whole.length; i += size) got.push(...parser.push(whole.slice(i, i + size)));
        expect(got).toEqual(frames);
      }
    }
  });

  it("joins data lines", () => {
    expect(new Parser().push("data: a\ndata: b\n\n")).toEqual([{ event: "message", data: "a\nb", id: null }]);
  });
});
