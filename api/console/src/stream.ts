/**
 * The live stream as a state machine without I/O: what arrives and the passing of time go in, what the shell
 * must do comes out.
 *
 * Theory of operation. The server says something at least every 5 s (`heartbeat`). After 10 s of silence the
 * screen is blind and says so, whatever the socket claims; after 12 s the connection is taken for dead and
 * made anew, with the last id seen, for ever. Coming back with an id misses nothing; coming back without one,
 * or after `reset`, the lists are loaded again.
 */

export const BLIND_AFTER = 10_000;
export const DEAD_AFTER = 12_000;
export const CONNECT_TIMEOUT = 8_000;
const RETRY = [300, 700, 1500, 2500] as const;

export type Phase = "off" | "connecting" | "open" | "waiting";

export interface Stream {
  phase: Phase;
  heardAt: number;      // when anything was last heard; the start counts as heard
  since: number;        // when this phase began
  lastId: string | null;
  attempt: number;      // failed attempts since something was heard
  retryAt: number;
}

export type Input =
  | { type: "start" } | { type: "stop" } | { type: "opened" } | { type: "ended" } | { type: "tick" } | { type: "wake" }
  | { type: "event"; name: string; id: string | null };

export type Output = "connect" | "abort" | "reload";

export const initial: Stream = { phase: "off", heardAt: 0, since: 0, lastId: null, attempt: 0, retryAt: 0 };

const connecting = (stream: Stream, at: number): Stream => ({ ...stream, phase: "connecting", since: at });

function waiting(stream: Stream, at: number): Stream {
  const pause = RETRY[Math.min(stream.attempt, RETRY.length - 1)] ?? 2500;
  return { ...stream, phase: "waiting", since: at, attempt: stream.attempt + 1, retryAt: at + pause };
}

/** The next state, and what the shell has to do for it. */
export function step(stream: Stream, input: Input, at: number): [Stream, Output[]] {
  switch (input.type) {
    case "start":
      return [connecting({ ...initial, heardAt: at }, at), ["connect"]];
    case "stop":
      return [{ ...initial }, stream.phase === "off" ? [] : ["abort"]];
    case "opened":
      if (stream.phase !== "connecting") return [stream, []];
      return [{ ...stream, phase: "open", since: at }, stream.lastId === null ? ["reload"] : []];
    case "event": {
      if (stream.phase === "off") return [stream, []];
      const heard: Stream = { ...stream, phase: "open", heardAt: at, attempt: 0, lastId: input.id || stream.lastId };
      return [heard, input.name === "reset" ? ["reload"] : []];
    }
    case "ended":
      if (stream.phase === "off" || stream.phase === "waiting") return [stream, []];
      return [waiting(stream, at), []];
    case "wake": // the network or the page came back: do not sit out a pause
      if (stream.phase !== "waiting") return [stream, []];
      return [connecting(stream, at), ["connect"]];
    case "tick":
      if (stream.phase === "waiting" && at >= stream.retryAt) return [connecting(stream, at), ["connect"]];
      if (stream.phase === "connecting" && at - stream.since >= CONNECT_TIMEOUT) return [waiting(stream, at), ["abort"]];
      if (stream.phase === "open" && at - Math.max(stream.heardAt, stream.since) >= DEAD_AFTER) {
        return [waiting(stream, at), ["abort"]];
      }
      return [stream, []];
  }
}

/** Since when nothing has been heard, once that is longer than a screen may stay quiet; else null. */
export const blindSince = (stream: Stream, at: number): number | null =>
  stream.phase !== "off" && at - stream.heardAt >= BLIND_AFTER ? stream.heardAt : null;

export interface Frame { event: string; data: string; id: string | null }

/** Cuts the text of a server-sent event stream into events; keeps what is not complete yet. */
export class Parser {
  private buffer = "";

  push(chunk: string): Frame[] {
    this.buffer += chunk;
    const frames: Frame[] = [];
    // A trailing CR may be the first half of CRLF: leave it until the next chunk.
    for (;;) {
      const end = /\r\n\r\n|\n\n|\r\r(?!\n)/.exec(this.buffer);
      if (!end) return frames;
      const block = this.buffer.slice(0, end.index);
      this.buffer = this.buffer.slice(end.index + end[0].length);
      const frame = parse(block);
      if (frame) frames.push(frame);
    }
  }
}

function parse(block: string): Frame | null {
  let event = "message";
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    if (line === "" || line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }
  // A comment says that a socket lives, not that the feed behind it does: it does not count as heard.
  return data.length === 0 ? null : { event, data: data.join("\n"), id };
}
