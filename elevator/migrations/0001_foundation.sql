-- Foundation: registry, time series, rule memory, incidents, outbox, access.
-- Enum columns of `sample` hold the position of the member in elevator.model (append-only there).

CREATE TABLE firm (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    phone text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);

CREATE TABLE unit (
    id text PRIMARY KEY,
    firm_id text NOT NULL REFERENCES firm,
    name text NOT NULL,
    phone text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    UNIQUE (firm_id, name)
);

-- Every lift that was registered or ever heard; time series refer to the short number.
CREATE TABLE lift (
    lift_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_id text NOT NULL UNIQUE,
    registered boolean NOT NULL DEFAULT false,
    rescue_code text UNIQUE,
    name text,
    lift_class text,
    address text,
    building text,
    district text,
    feeder text,
    gateway text,
    lat double precision,
    lon double precision,
    firm_id text REFERENCES firm,
    model text,
    rated_speed double precision,   -- m/s
    load_rated double precision,    -- kg
    floors text[],                  -- landing names, lowest first
    commissioned_on date,
    drill boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (NOT registered OR (rescue_code IS NOT NULL AND name IS NOT NULL AND lift_class IS NOT NULL))
);
CREATE INDEX lift_by_firm ON lift (firm_id);
CREATE INDEX lift_by_building ON lift (building);

-- The detector's durable memory of one lift, and when it must next be looked at.
CREATE TABLE lift_state (
    lift_no integer PRIMARY KEY REFERENCES lift,
    memory bytea NOT NULL,          -- JSON of alerts.memory.Memory
    online boolean NOT NULL DEFAULT false,
    heard_at timestamptz,
    due_at timestamptz,             -- null: nothing is waiting
    feed_no bigint,                 -- null: changed since it was last shown
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX lift_state_due ON lift_state (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lift_state_feed ON lift_state (feed_no);
CREATE INDEX lift_state_unfed ON lift_state (lift_no) WHERE feed_no IS NULL;

-- Whether we are listening: silence of a lift counts only from `listening_since` on (contract 5).
CREATE TABLE intake (
    lane text PRIMARY KEY,
    alive_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    listening_since timestamptz     -- null: not connected, or still working off a queue
);

CREATE TABLE service (
    name text PRIMARY KEY,
    alive_at timestamptz NOT NULL
);

-- Time series; a hypertable on `ts` where TimescaleDB is installed (see 0002).
CREATE TABLE sample (
    lift_no integer NOT NULL,
    ts timestamptz NOT NULL,        -- the lift's clock
    boot text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL,
    mode smallint NOT NULL,
    floor text,
    moving boolean,
    door_zone boolean,
    door smallint,
    direction smallint,
    speed real,
    position real,
    occupied boolean,
    people integer,
    load real,
    power smallint,
    safety_chain smallint,
    door_command smallint,
    car_calls integer,
    faults text[],
    trips double precision,
    running_hours double precision,
    temperature real,
    replay boolean NOT NULL,
    late boolean NOT NULL,
    PRIMARY KEY (lift_no, ts, boot, seq)
);

CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    ts timestamptz NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    reuse integer NOT NULL DEFAULT 0,   -- how often this key had been used before (contract 2.2)
    code text NOT NULL,
    text text,                          -- the code as sent, where the catalogue does not know it
    raw text,
    active boolean NOT NULL,
    detail jsonb,
    replay boolean NOT NULL,
    late boolean NOT NULL,
    review boolean NOT NULL DEFAULT false,
    outcome text NOT NULL,              -- what was made of it, by name
    received_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,       -- when the same key last came
    UNIQUE (lift_no, boot, seq, ts, reuse)
);
CREATE INDEX event_by_lift ON event (lift_no, received_at);
CREATE INDEX event_review ON event (received_at) WHERE review;

CREATE TABLE link (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    received_at timestamptz NOT NULL,
    ts timestamptz,
    online boolean NOT NULL,
    retained boolean NOT NULL,
    interval_s double precision,
    firmware text
);
CREATE INDEX link_by_lift ON link (lift_no, received_at);

CREATE TABLE quarantine (
    id text PRIMARY KEY,
    lift_id text,
    topic text NOT NULL,
    payload bytea NOT NULL,
    digest bytea NOT NULL,              -- of topic and payload: a redelivery is stored once
    reason text NOT NULL,
    detail text NOT NULL,
    received_at timestamptz NOT NULL,
    replay_requested_at timestamptz,
    replay_requested_by text,
    replayed_at timestamptz,
    replay_outcome text
);
CREATE INDEX quarantine_by_time ON quarantine (received_at);
CREATE INDEX quarantine_by_digest ON quarantine (digest);
CREATE INDEX quarantine_to_replay ON quarantine (replay_requested_at) WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL;

CREATE TABLE incident (
    id text PRIMARY KEY,                -- UUIDv7 text
    lift_no integer REFERENCES lift,
    kind text NOT NULL CHECK (kind IN ('rescue', 'danger', 'fault', 'offline', 'area', 'system')),
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    state text NOT NULL CHECK (state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived', 'released',
        'closed', 'cleared', 'cancelled')),
    reason text NOT NULL,
    code text,
    causes text[] NOT NULL DEFAULT '{}',
    tier smallint NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    ringing boolean NOT NULL DEFAULT false,
    waits_for_person boolean NOT NULL DEFAULT false,
    confirm_at timestamptz,             -- when a suspicion will confirm by itself
    opened_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    dispatched_at timestamptz,
    accepted_at timestamptz,
    arrived_at timestamptz,
    released_at timestamptz,
    closed_at timestamptz,              -- closed, cleared or cancelled
    event_ts timestamptz,               -- the lift's clock
    received_at timestamptz,
    drill boolean NOT NULL DEFAULT false,
    unregistered boolean NOT NULL DEFAULT false,
    unreadable boolean NOT NULL DEFAULT false,
    area text REFERENCES incident,
    previous text REFERENCES incident,
    duplicate_of text REFERENCES incident,
    place text,
    caller text,
    persons integer,
    injured integer,
    method text,
    cause text,
    detail jsonb NOT NULL DEFAULT '{}',
    evidence jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX incident_one_live_rescue ON incident (lift_no)
    WHERE kind = 'rescue' AND state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived');
CREATE UNIQUE INDEX incident_one_open_fault ON incident ((coalesce(lift_no, 0)), kind, (coalesce(code, '')))
    WHERE kind <> 'rescue' AND state IN ('confirmed', 'accepted');
CREATE INDEX incident_by_lift ON incident (lift_no, id);
CREATE INDEX incident_open ON incident (id) WHERE state NOT IN ('closed', 'cleared', 'cancelled');

CREATE TABLE assignment (
    id text PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident,
    firm_id text REFERENCES firm,
    unit_id text REFERENCES unit,
    tier smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'accepted', 'arrived', 'declined', 'no_answer', 'stood_down')),
    eta_s integer,
    asked_at timestamptz NOT NULL,
    accepted_at timestamptz,
    arrived_at timestamptz,
    ended_at timestamptz,
    reason text
);
CREATE INDEX assignment_by_incident ON assignment (incident_id, id);
CREATE INDEX assignment_by_firm ON assignment (firm_id, id);

-- Append-only: who, channel, device time, server time, reason, note (contract 6).
CREATE TABLE timeline (
    incident_id text NOT NULL REFERENCES incident,
    n integer NOT NULL,
    at timestamptz NOT NULL,
    device_at timestamptz,
    actor jsonb NOT NULL,               -- kind, id, name, role
    channel text NOT NULL,
    action text NOT NULL,
    from_state text,
    to_state text,
    reason text,
    note text,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (incident_id, n)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE ON timeline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON timeline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE webhook (
    id text PRIMARY KEY,
    url text NOT NULL,
    firm_id text REFERENCES firm,       -- null: everything
    secret text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);

-- What has to be told, written in the transaction that caused it; delivery is at least once, `key` makes it one.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    incident_id text REFERENCES incident,
    assignment_id text REFERENCES assignment,
    channel text NOT NULL,              -- console, webhook, mqtt
    target text NOT NULL,               -- 'dispatchers', 'firm:<id>', a webhook's id, a topic
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz,                 -- null: nothing more to do
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    error text
);
CREATE INDEX outbox_due ON outbox (channel, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_by_incident ON outbox (incident_id);

-- What the consoles are told. Rows get their number after commit, from one relay: numbers appear in order.
CREATE TABLE feed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no bigint UNIQUE,
    kind text NOT NULL CHECK (kind IN ('incident', 'message')),
    ref text NOT NULL,                  -- incident id, or outbox id
    at timestamptz NOT NULL
);
CREATE INDEX feed_unnumbered ON feed (id) WHERE no IS NULL;

CREATE TABLE feed_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    no bigint NOT NULL,                 -- the newest number given
    oldest bigint NOT NULL              -- ids below this cannot be resumed from
);
INSERT INTO feed_head (no, oldest) VALUES (0, 0);

CREATE TABLE app_user (
    id text PRIMARY KEY,
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text,                 -- argon2id; null: one-time links only
    role text NOT NULL CHECK (role IN ('admin', 'dispatcher', 'supervisor', 'firm', 'responder', 'property')),
    firm_id text REFERENCES firm,
    unit_id text REFERENCES unit,
    building text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES app_user,
    csrf text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE signin_link (
    code_hash bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES app_user,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE signin_failure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,              -- 'login:<name>' or 'address:<ip>'
    at timestamptz NOT NULL
);
CREATE INDEX signin_failure_by_subject ON signin_failure (subject, at);

CREATE TABLE token (
    id text PRIMARY KEY,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('admin', 'dispatcher', 'supervisor', 'firm', 'responder', 'property')),
    firm_id text REFERENCES firm,
    unit_id text REFERENCES unit,
    building text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
);

-- The first answer to a write that carried an Idempotency-Key.
CREATE TABLE idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,                     -- null: still being answered
    body bytea,
    content_type text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
