-- A policy that is tried beside the live one (ADR 0015). Written by alerts.shadow alone, read by the API; no foreign keys
-- to what the intake writes, so that neither ever waits for the other.

-- One span of time under one tried policy.
CREATE TABLE shadow_run (
    id text PRIMARY KEY,
    thresholds jsonb NOT NULL,          -- the policy, by the names of its file
    began_at timestamptz NOT NULL,      -- from here on it is compared
    heard_until timestamptz NOT NULL,   -- what was received until then was heard
    kept_until timestamptz NOT NULL,    -- the same, of the memories as they are stored
    alive_at timestamptz NOT NULL,
    heard bigint NOT NULL DEFAULT 0,    -- rows
    missed bigint NOT NULL DEFAULT 0,   -- rows that came to disk when their time had been passed
    ended_at timestamptz
);
CREATE UNIQUE INDEX shadow_run_one ON shadow_run ((true)) WHERE ended_at IS NULL;

-- Its lifts' memories, as in lift_state.
CREATE TABLE shadow_memory (
    lift_no integer PRIMARY KEY,
    memory bytea NOT NULL,
    due_ms bigint                       -- when time alone could change something
) WITH (fillfactor = 70);

-- What it would have opened.
CREATE TABLE shadow_incident (
    id text PRIMARY KEY,                -- made of the run, lift, kind, code and time: heard twice, it is the same
    run_id text NOT NULL REFERENCES shadow_run,
    lift_no integer NOT NULL,
    kind text NOT NULL,
    code text,
    priority smallint NOT NULL,
    reason text NOT NULL,
    causes text[] NOT NULL,
    presses integer NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    rang_at timestamptz,                -- when people would have been told
    recovered_at timestamptz,
    ended_at timestamptz,
    ended text                          -- cleared, recovered, person, gone, forgotten
);
CREATE INDEX shadow_incident_by_run ON shadow_incident (run_id, opened_at);
CREATE INDEX incident_rescue_by_time ON incident (opened_at) WHERE kind = 'rescue';

-- Events and links as they were received, whatever the lift: a summary of a few bytes for each 16 pages.
CREATE INDEX event_by_receipt ON event USING brin (received_at) WITH (pages_per_range = 16);
CREATE INDEX link_by_receipt ON link USING brin (received_at) WITH (pages_per_range = 16);
