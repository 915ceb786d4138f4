-- The whole schema as the migrations make it, with the rows that they put in. Nobody edits this file and no program
-- runs it: change the schema with a new file in migrations/, then run `python -m deploy.schema`. A test compares.
-- What stands in comments, and why, is to be read in the migrations.
-- With TimescaleDB, `sample` is besides a hypertable on `ts` (migration 0002), and so are the roll-ups `sample_minute`
-- and `sample_hour` on `bucket` (0003).

CREATE FUNCTION public.queue_for_seal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO unsealed (kind, subject, n) VALUES (TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1], NEW.n);
    RETURN NULL;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE public.app_user (
    id text NOT NULL,
    login text NOT NULL,
    name text NOT NULL,
    password_hash text,
    role text NOT NULL,
    firm_id text,
    unit_id text,
    building text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT app_user_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'dispatcher'::text, 'supervisor'::text, 'firm'::text, 'responder'::text, 'property'::text])))
);

CREATE TABLE public.area_lift (
    incident_id text NOT NULL,
    lift_no integer NOT NULL,
    kind text NOT NULL,
    since timestamp with time zone NOT NULL,
    lost text NOT NULL,
    occupied boolean,
    rescue text,
    rescue_state text,
    back_at timestamp with time zone,
    settled_at timestamp with time zone,
    left_at timestamp with time zone,
    seen bigint,
    CONSTRAINT area_lift_kind_check CHECK ((kind = ANY (ARRAY['area'::text, 'blind'::text]))),
    CONSTRAINT area_lift_lost_check CHECK ((lost = ANY (ARRAY['power'::text, 'link'::text])))
);

CREATE TABLE public.assignment (
    id text NOT NULL,
    incident_id text NOT NULL,
    firm_id text,
    unit_id text,
    tier smallint NOT NULL,
    state text NOT NULL,
    eta_s integer,
    asked_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    arrived_at timestamp with time zone,
    ended_at timestamp with time zone,
    reason text,
    CONSTRAINT assignment_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'accepted'::text, 'arrived'::text, 'declined'::text, 'no_answer'::text, 'stood_down'::text])))
);

CREATE TABLE public.calendar_link (
    id text NOT NULL,
    code_hash bytea NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    firm_id text,
    unit_id text,
    building text,
    owner text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.certificate (
    worker_id text NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    valid_until date NOT NULL
);

CREATE TABLE public.event (
    id bigint NOT NULL,
    lift_no integer NOT NULL,
    ts timestamp with time zone NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    reuse integer DEFAULT 0 NOT NULL,
    code text NOT NULL,
    text text,
    raw text,
    active boolean NOT NULL,
    detail jsonb,
    replay boolean NOT NULL,
    late boolean NOT NULL,
    review boolean DEFAULT false NOT NULL,
    outcome text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.feed (
    id bigint NOT NULL,
    no bigint,
    kind text NOT NULL,
    ref text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT feed_kind_check CHECK ((kind = ANY (ARRAY['incident'::text, 'message'::text])))
);

CREATE TABLE public.feed_head (
    one boolean DEFAULT true NOT NULL,
    no bigint NOT NULL,
    oldest bigint NOT NULL,
    CONSTRAINT feed_head_one_check CHECK (one)
);

ALTER TABLE public.feed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.firm (
    id text NOT NULL,
    name text NOT NULL,
    phone text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    body bytea,
    content_type text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.incident (
    id text NOT NULL,
    lift_no integer,
    kind text NOT NULL,
    priority smallint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    code text,
    causes text[] DEFAULT '{}'::text[] NOT NULL,
    tier smallint DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    ringing boolean DEFAULT false NOT NULL,
    waits_for_person boolean DEFAULT false NOT NULL,
    confirm_at timestamp with time zone,
    opened_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    dispatched_at timestamp with time zone,
    accepted_at timestamp with time zone,
    arrived_at timestamp with time zone,
    released_at timestamp with time zone,
    closed_at timestamp with time zone,
    event_ts timestamp with time zone,
    received_at timestamp with time zone,
    drill boolean DEFAULT false NOT NULL,
    unregistered boolean DEFAULT false NOT NULL,
    unreadable boolean DEFAULT false NOT NULL,
    area text,
    previous text,
    duplicate_of text,
    place text,
    persons integer,
    injured integer,
    method text,
    cause text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    clear_at timestamp with time zone,
    callers text[] DEFAULT '{}'::text[] NOT NULL,
    caller text GENERATED ALWAYS AS (callers[1]) STORED,
    CONSTRAINT incident_kind_check CHECK ((kind = ANY (ARRAY['rescue'::text, 'danger'::text, 'fault'::text, 'offline'::text, 'area'::text, 'system'::text]))),
    CONSTRAINT incident_priority_check CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT incident_state_check CHECK ((state = ANY (ARRAY['suspected'::text, 'confirmed'::text, 'dispatched'::text, 'accepted'::text, 'arrived'::text, 'released'::text, 'closed'::text, 'cleared'::text, 'cancelled'::text])))
);

CREATE TABLE public.intake (
    lane text NOT NULL,
    alive_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone NOT NULL,
    listening_since timestamp with time zone
);

CREATE TABLE public.intake_lease (
    name text NOT NULL,
    holder text NOT NULL,
    term bigint NOT NULL,
    taken_at timestamp with time zone NOT NULL
);

CREATE TABLE public.lift (
    lift_no integer NOT NULL,
    lift_id text NOT NULL,
    registered boolean DEFAULT false NOT NULL,
    rescue_code text,
    name text,
    lift_class text,
    address text,
    building text,
    district text,
    feeder text,
    gateway text,
    lat double precision,
    lon double precision,
    firm_id text,
    model text,
    rated_speed double precision,
    load_rated double precision,
    floors text[],
    commissioned_on date,
    drill boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT lift_check CHECK (((NOT registered) OR ((rescue_code IS NOT NULL) AND (name IS NOT NULL) AND (lift_class IS NOT NULL))))
);

ALTER TABLE public.lift ALTER COLUMN lift_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lift_lift_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lift_maintenance (
    lift_no integer NOT NULL,
    since date NOT NULL,
    last jsonb DEFAULT '{}'::jsonb NOT NULL,
    on_demand jsonb,
    updated_at timestamp with time zone NOT NULL,
    updated_by text NOT NULL
);

CREATE TABLE public.lift_state (
    lift_no integer NOT NULL,
    memory bytea NOT NULL,
    online boolean DEFAULT false NOT NULL,
    heard_at timestamp with time zone,
    due_at timestamp with time zone,
    feed_no bigint,
    changed_at timestamp with time zone NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    power_lost_at timestamp with time zone,
    link_lost_at timestamp with time zone
)
WITH (fillfactor='70');

CREATE TABLE public.link (
    id bigint NOT NULL,
    lift_no integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    ts timestamp with time zone,
    online boolean NOT NULL,
    retained boolean NOT NULL,
    interval_s double precision,
    firmware text
);

ALTER TABLE public.link ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.maintenance_due (
    lift_no integer NOT NULL,
    kind text NOT NULL,
    due_on date NOT NULL,
    counted_from date NOT NULL,
    reminded_for date,
    overdue_for date
);

CREATE TABLE public.order_entry (
    order_id text NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    device_at timestamp with time zone,
    actor jsonb NOT NULL,
    action text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    text text,
    photos text[] DEFAULT '{}'::text[] NOT NULL,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    key text NOT NULL,
    incident_id text,
    assignment_id text,
    channel text NOT NULL,
    target text NOT NULL,
    body jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    sent_at timestamp with time zone,
    failed_at timestamp with time zone,
    error text
);

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.photo (
    id text NOT NULL,
    lift_no integer NOT NULL,
    firm_id text,
    by_id text NOT NULL,
    by_name text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size integer NOT NULL,
    taken_at text,
    sha256 bytea NOT NULL,
    likeness bigint NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    kept_sha256 bytea,
    CONSTRAINT photo_kept_sha256_check CHECK ((octet_length(kept_sha256) = 32)),
    CONSTRAINT photo_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.photo_use (
    name text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    n integer NOT NULL,
    item text NOT NULL,
    lift_no integer NOT NULL,
    firm_id text,
    digest bytea GENERATED ALWAYS AS (
CASE
    WHEN (name ~ '^[0-9a-f]{64}$'::text) THEN decode(name, 'hex'::text)
    ELSE NULL::bytea
END) STORED
);

CREATE TABLE public.plan (
    id text NOT NULL,
    firm_id text,
    lift_class text NOT NULL,
    version integer NOT NULL,
    base text,
    title jsonb NOT NULL,
    source jsonb NOT NULL,
    items jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL
);

CREATE TABLE public.public_report (
    id text NOT NULL,
    lift_no integer NOT NULL,
    kind text NOT NULL,
    text text,
    at timestamp with time zone NOT NULL,
    sent_key text NOT NULL,
    order_id text,
    incident_id text
);

CREATE TABLE public.public_try (
    id bigint NOT NULL,
    address text NOT NULL,
    what text NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.public_try ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.public_try_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.quarantine (
    id text NOT NULL,
    lift_id text,
    topic text NOT NULL,
    payload bytea NOT NULL,
    digest bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    replay_requested_at timestamp with time zone,
    replay_requested_by text,
    replayed_at timestamp with time zone,
    replay_outcome text
);

CREATE TABLE public.sample (
    lift_no integer NOT NULL,
    ts timestamp with time zone NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    mode smallint NOT NULL,
    floor text,
    moving boolean,
    door_zone boolean,
    door smallint,
    direction smallint,
    speed real,
    "position" real,
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
    raw_faults text[]
);

CREATE TABLE public.sample_hour (
    lift_no integer NOT NULL,
    bucket timestamp with time zone NOT NULL,
    ts timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    count integer NOT NULL,
    mode smallint NOT NULL,
    door smallint,
    power smallint,
    moving boolean,
    door_zone boolean,
    occupied boolean,
    late boolean NOT NULL,
    speed real,
    "position" real,
    speed_min real,
    speed_max real,
    speed_avg real,
    position_min real,
    position_max real,
    load_min real,
    load_max real,
    temperature_min real,
    temperature_max real,
    known_s real NOT NULL,
    moving_s real NOT NULL,
    door_open_s real NOT NULL,
    occupied_s real,
    off_mains_s real NOT NULL,
    door_cycles integer NOT NULL,
    trips_first double precision,
    trips_last double precision,
    floor text,
    floor_first text,
    codes text[]
)
WITH (fillfactor='50');

CREATE TABLE public.sample_minute (
    lift_no integer NOT NULL,
    bucket timestamp with time zone NOT NULL,
    ts timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    count integer NOT NULL,
    mode smallint NOT NULL,
    door smallint,
    power smallint,
    moving boolean,
    door_zone boolean,
    occupied boolean,
    late boolean NOT NULL,
    speed real,
    "position" real,
    speed_min real,
    speed_max real,
    speed_avg real,
    position_min real,
    position_max real,
    load_min real,
    load_max real,
    temperature_min real,
    temperature_max real,
    known_s real NOT NULL,
    moving_s real NOT NULL,
    door_open_s real NOT NULL,
    occupied_s real,
    off_mains_s real NOT NULL,
    door_cycles integer NOT NULL,
    trips_first double precision,
    trips_last double precision,
    floor text,
    floor_first text,
    codes text[]
);

CREATE TABLE public.sample_stray (
    lift_no integer NOT NULL,
    ts timestamp with time zone NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    mode smallint NOT NULL,
    floor text,
    moving boolean,
    door_zone boolean,
    door smallint,
    direction smallint,
    speed real,
    "position" real,
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
    raw_faults text[]
);

CREATE TABLE public.schema_version (
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.seal (
    kind text NOT NULL,
    subject text NOT NULL,
    n integer NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    CONSTRAINT seal_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.seal_day (
    day date NOT NULL,
    digest bytea NOT NULL,
    written_at timestamp with time zone NOT NULL,
    CONSTRAINT seal_day_digest_check CHECK ((octet_length(digest) = 32))
);

CREATE TABLE public.sequence_gap (
    id bigint NOT NULL,
    lift_no integer NOT NULL,
    topic text NOT NULL,
    boot text NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    missing bigint NOT NULL,
    noticed_at timestamp with time zone NOT NULL,
    filled_at timestamp with time zone,
    CONSTRAINT sequence_gap_topic_check CHECK ((topic = ANY (ARRAY['telemetry'::text, 'event'::text])))
);

ALTER TABLE public.sequence_gap ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sequence_gap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.service (
    name text NOT NULL,
    alive_at timestamp with time zone NOT NULL
);

CREATE TABLE public.session (
    token_hash bytea NOT NULL,
    user_id text NOT NULL,
    csrf text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.shadow_incident (
    id text NOT NULL,
    run_id text NOT NULL,
    lift_no integer NOT NULL,
    kind text NOT NULL,
    code text,
    priority smallint NOT NULL,
    reason text NOT NULL,
    causes text[] NOT NULL,
    presses integer DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    rang_at timestamp with time zone,
    recovered_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended text
);

CREATE TABLE public.shadow_memory (
    lift_no integer NOT NULL,
    memory bytea NOT NULL,
    due_ms bigint
)
WITH (fillfactor='70');

CREATE TABLE public.shadow_run (
    id text NOT NULL,
    thresholds jsonb NOT NULL,
    began_at timestamp with time zone NOT NULL,
    heard_until timestamp with time zone NOT NULL,
    kept_until timestamp with time zone NOT NULL,
    alive_at timestamp with time zone NOT NULL,
    heard bigint DEFAULT 0 NOT NULL,
    missed bigint DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE public.signin_failure (
    id bigint NOT NULL,
    subject text NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.signin_failure ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.signin_failure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.signin_link (
    code_hash bytea NOT NULL,
    user_id text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.sticker (
    lift_no integer NOT NULL,
    code text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    made_by text NOT NULL
);

CREATE TABLE public.storage_mark (
    name text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.timeline (
    incident_id text NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    device_at timestamp with time zone,
    actor jsonb NOT NULL,
    channel text NOT NULL,
    action text NOT NULL,
    from_state text,
    to_state text,
    reason text,
    note text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.token (
    id text NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    role text NOT NULL,
    firm_id text,
    unit_id text,
    building text,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT token_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'dispatcher'::text, 'supervisor'::text, 'firm'::text, 'responder'::text, 'property'::text])))
);

CREATE TABLE public.unit (
    id text NOT NULL,
    firm_id text NOT NULL,
    name text NOT NULL,
    phone text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.unknown_code (
    id bigint NOT NULL,
    lift_no integer NOT NULL,
    raw text NOT NULL,
    count bigint NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL
);

ALTER TABLE public.unknown_code ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.unknown_code_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.unsealed (
    id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    n integer NOT NULL
);

ALTER TABLE public.unsealed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.unsealed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.visit (
    id text NOT NULL,
    lift_no integer NOT NULL,
    firm_id text NOT NULL,
    unit_id text,
    state text NOT NULL,
    kind text,
    plan_id text,
    worker_id text,
    second_id text,
    alone boolean DEFAULT false NOT NULL,
    planned_s double precision,
    checked_in_at timestamp with time zone,
    began_at timestamp with time zone,
    checked_out_at timestamp with time zone,
    left_at timestamp with time zone,
    completed_at timestamp with time zone,
    abnormal integer DEFAULT 0 NOT NULL,
    marks text[] DEFAULT '{}'::text[] NOT NULL,
    counted boolean DEFAULT false NOT NULL,
    life_due_at timestamp with time zone,
    end_due_at timestamp with time zone,
    man_down text,
    overrun text,
    version integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    judged integer,
    days_late integer,
    CONSTRAINT visit_state_check CHECK ((state = ANY (ARRAY['new'::text, 'on_site'::text, 'interrupted'::text, 'left'::text, 'complete'::text, 'void'::text])))
);

CREATE TABLE public.visit_drawing (
    visit_id text NOT NULL,
    hash bytea NOT NULL,
    name text NOT NULL,
    officer boolean NOT NULL,
    began_at timestamp with time zone NOT NULL
);

CREATE TABLE public.visit_entry (
    visit_id text NOT NULL,
    n integer NOT NULL,
    op_id text NOT NULL,
    kind text NOT NULL,
    device text NOT NULL,
    device_n integer,
    device_at timestamp with time zone,
    done_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    clock_off_s double precision NOT NULL,
    actor jsonb NOT NULL,
    channel text NOT NULL,
    body jsonb NOT NULL,
    facts jsonb NOT NULL
);

CREATE TABLE public.visit_link (
    code_hash bytea NOT NULL,
    visit_id text NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.visit_plausibility (
    visit_id text NOT NULL,
    lift_no integer NOT NULL,
    firm_id text NOT NULL,
    worker_id text,
    second_id text,
    began_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone NOT NULL,
    level text NOT NULL,
    score double precision NOT NULL,
    thresholds text NOT NULL,
    evidence jsonb NOT NULL,
    items jsonb NOT NULL,
    telemetry jsonb NOT NULL,
    inspection_s double precision NOT NULL,
    computed_at timestamp with time zone NOT NULL,
    look_at timestamp with time zone,
    CONSTRAINT visit_plausibility_level_check CHECK ((level = ANY (ARRAY['supported'::text, 'open'::text, 'doubtful'::text, 'unknown'::text])))
);

CREATE TABLE public.webhook (
    id text NOT NULL,
    url text NOT NULL,
    firm_id text,
    secret text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.work_order (
    id text NOT NULL,
    lift_no integer NOT NULL,
    firm_id text,
    visit_id text,
    item_code text,
    text text NOT NULL,
    photos text[] DEFAULT '{}'::text[] NOT NULL,
    state text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    done_at timestamp with time zone,
    closed_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT work_order_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'done'::text, 'closed'::text, 'withdrawn'::text])))
);

CREATE TABLE public.worker (
    id text NOT NULL,
    firm_id text NOT NULL,
    name text NOT NULL,
    phone text,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL
);

INSERT INTO public.feed_head VALUES (true, 0, 0);

ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_login_key UNIQUE (login);

ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.area_lift
    ADD CONSTRAINT area_lift_pkey PRIMARY KEY (incident_id, lift_no);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.calendar_link
    ADD CONSTRAINT calendar_link_code_hash_key UNIQUE (code_hash);

ALTER TABLE ONLY public.calendar_link
    ADD CONSTRAINT calendar_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_pkey PRIMARY KEY (worker_id, kind, number);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_lift_no_boot_seq_ts_reuse_key UNIQUE (lift_no, boot, seq, ts, reuse);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.feed_head
    ADD CONSTRAINT feed_head_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_no_key UNIQUE (no);

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.firm
    ADD CONSTRAINT firm_name_key UNIQUE (name);

ALTER TABLE ONLY public.firm
    ADD CONSTRAINT firm_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (actor, key);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.intake_lease
    ADD CONSTRAINT intake_lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.intake
    ADD CONSTRAINT intake_pkey PRIMARY KEY (lane);

ALTER TABLE ONLY public.lift
    ADD CONSTRAINT lift_lift_id_key UNIQUE (lift_id);

ALTER TABLE ONLY public.lift_maintenance
    ADD CONSTRAINT lift_maintenance_pkey PRIMARY KEY (lift_no);

ALTER TABLE ONLY public.lift
    ADD CONSTRAINT lift_pkey PRIMARY KEY (lift_no);

ALTER TABLE ONLY public.lift
    ADD CONSTRAINT lift_rescue_code_key UNIQUE (rescue_code);

ALTER TABLE ONLY public.lift_state
    ADD CONSTRAINT lift_state_pkey PRIMARY KEY (lift_no);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.maintenance_due
    ADD CONSTRAINT maintenance_due_pkey PRIMARY KEY (lift_no, kind);

ALTER TABLE ONLY public.order_entry
    ADD CONSTRAINT order_entry_pkey PRIMARY KEY (order_id, n);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_key_key UNIQUE (key);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.photo
    ADD CONSTRAINT photo_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.photo_use
    ADD CONSTRAINT photo_use_pkey PRIMARY KEY (name, kind, subject, n, item);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.public_report
    ADD CONSTRAINT public_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.public_report
    ADD CONSTRAINT public_report_sent_key_key UNIQUE (sent_key);

ALTER TABLE ONLY public.public_try
    ADD CONSTRAINT public_try_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sample_hour
    ADD CONSTRAINT sample_hour_pkey PRIMARY KEY (lift_no, bucket);

ALTER TABLE ONLY public.sample_minute
    ADD CONSTRAINT sample_minute_pkey PRIMARY KEY (lift_no, bucket);

ALTER TABLE ONLY public.sample
    ADD CONSTRAINT sample_pkey PRIMARY KEY (lift_no, ts, boot, seq);

ALTER TABLE ONLY public.sample_stray
    ADD CONSTRAINT sample_stray_pkey PRIMARY KEY (lift_no, ts, boot, seq);

ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.seal_day
    ADD CONSTRAINT seal_day_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.seal
    ADD CONSTRAINT seal_pkey PRIMARY KEY (kind, subject, n);

ALTER TABLE ONLY public.sequence_gap
    ADD CONSTRAINT sequence_gap_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.shadow_incident
    ADD CONSTRAINT shadow_incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.shadow_memory
    ADD CONSTRAINT shadow_memory_pkey PRIMARY KEY (lift_no);

ALTER TABLE ONLY public.shadow_run
    ADD CONSTRAINT shadow_run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.signin_failure
    ADD CONSTRAINT signin_failure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.signin_link
    ADD CONSTRAINT signin_link_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.sticker
    ADD CONSTRAINT sticker_code_key UNIQUE (code);

ALTER TABLE ONLY public.sticker
    ADD CONSTRAINT sticker_pkey PRIMARY KEY (lift_no);

ALTER TABLE ONLY public.storage_mark
    ADD CONSTRAINT storage_mark_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.timeline
    ADD CONSTRAINT timeline_pkey PRIMARY KEY (incident_id, n);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.unit
    ADD CONSTRAINT unit_firm_id_name_key UNIQUE (firm_id, name);

ALTER TABLE ONLY public.unit
    ADD CONSTRAINT unit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.unknown_code
    ADD CONSTRAINT unknown_code_id_key UNIQUE (id);

ALTER TABLE ONLY public.unknown_code
    ADD CONSTRAINT unknown_code_pkey PRIMARY KEY (lift_no, raw);

ALTER TABLE ONLY public.unsealed
    ADD CONSTRAINT unsealed_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visit_drawing
    ADD CONSTRAINT visit_drawing_pkey PRIMARY KEY (visit_id, hash);

ALTER TABLE ONLY public.visit_entry
    ADD CONSTRAINT visit_entry_pkey PRIMARY KEY (visit_id, n);

ALTER TABLE ONLY public.visit_entry
    ADD CONSTRAINT visit_entry_visit_id_op_id_key UNIQUE (visit_id, op_id);

ALTER TABLE ONLY public.visit_link
    ADD CONSTRAINT visit_link_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_pkey PRIMARY KEY (visit_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.work_order
    ADD CONSTRAINT work_order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (id);

CREATE INDEX area_lift_of ON public.area_lift USING btree (lift_no);

CREATE UNIQUE INDEX area_lift_stands ON public.area_lift USING btree (lift_no, kind) WHERE (left_at IS NULL);

CREATE INDEX assignment_by_firm ON public.assignment USING btree (firm_id, id);

CREATE INDEX assignment_by_incident ON public.assignment USING btree (incident_id, id);

CREATE INDEX calendar_link_by_owner ON public.calendar_link USING btree (owner, id);

CREATE INDEX certificate_by_end ON public.certificate USING btree (valid_until);

CREATE INDEX event_by_lift ON public.event USING btree (lift_no, received_at);

CREATE INDEX event_by_receipt ON public.event USING brin (received_at) WITH (pages_per_range='16');

CREATE INDEX event_review ON public.event USING btree (received_at) WHERE review;

CREATE INDEX feed_unnumbered ON public.feed USING btree (id) WHERE (no IS NULL);

CREATE INDEX incident_by_lift ON public.incident USING btree (lift_no, id);

CREATE UNIQUE INDEX incident_one_live_rescue ON public.incident USING btree (lift_no) WHERE ((kind = 'rescue'::text) AND (state = ANY (ARRAY['suspected'::text, 'confirmed'::text, 'dispatched'::text, 'accepted'::text, 'arrived'::text])));

CREATE UNIQUE INDEX incident_one_open_fault ON public.incident USING btree (COALESCE(lift_no, 0), kind, COALESCE(code, ''::text)) WHERE ((kind <> 'rescue'::text) AND (state = ANY (ARRAY['confirmed'::text, 'accepted'::text])));

CREATE INDEX incident_open ON public.incident USING btree (id) WHERE (state <> ALL (ARRAY['closed'::text, 'cleared'::text, 'cancelled'::text]));

CREATE INDEX incident_rescue_by_time ON public.incident USING btree (opened_at) WHERE (kind = 'rescue'::text);

CREATE INDEX lift_by_building ON public.lift USING btree (building);

CREATE INDEX lift_by_firm ON public.lift USING btree (firm_id);

CREATE INDEX lift_state_due ON public.lift_state USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX lift_state_feed ON public.lift_state USING btree (feed_no);

CREATE INDEX lift_state_lost ON public.lift_state USING btree (GREATEST(power_lost_at, link_lost_at)) WHERE ((power_lost_at IS NOT NULL) OR (link_lost_at IS NOT NULL));

CREATE INDEX lift_state_unfed ON public.lift_state USING btree (lift_no) WHERE (feed_no IS NULL);

CREATE INDEX link_by_lift ON public.link USING btree (lift_no, received_at);

CREATE INDEX link_by_receipt ON public.link USING brin (received_at) WITH (pages_per_range='16');

CREATE INDEX maintenance_due_by_day ON public.maintenance_due USING btree (due_on, lift_no, kind);

CREATE INDEX maintenance_due_unreminded ON public.maintenance_due USING btree (due_on) WHERE (reminded_for IS DISTINCT FROM due_on);

CREATE INDEX maintenance_due_untold ON public.maintenance_due USING btree (due_on) WHERE (overdue_for IS DISTINCT FROM due_on);

CREATE INDEX outbox_by_incident ON public.outbox USING btree (incident_id);

CREATE INDEX outbox_due ON public.outbox USING btree (channel, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX photo_by_bytes ON public.photo USING btree (sha256);

CREATE INDEX photo_by_firm ON public.photo USING btree (firm_id, id);

CREATE INDEX photo_by_lift ON public.photo USING btree (lift_no, id);

CREATE INDEX photo_use_by_digest ON public.photo_use USING btree (digest) WHERE (digest IS NOT NULL);

CREATE INDEX photo_use_by_record ON public.photo_use USING btree (subject, name);

CREATE UNIQUE INDEX plan_version ON public.plan USING btree (COALESCE(firm_id, ''::text), lift_class, version);

CREATE INDEX public_report_by_lift ON public.public_report USING btree (lift_no, at);

CREATE INDEX public_try_by_address ON public.public_try USING btree (address, what, at);

CREATE INDEX public_try_by_time ON public.public_try USING btree (at);

CREATE INDEX quarantine_by_digest ON public.quarantine USING btree (digest);

CREATE INDEX quarantine_by_time ON public.quarantine USING btree (received_at);

CREATE INDEX quarantine_to_replay ON public.quarantine USING btree (replay_requested_at) WHERE ((replay_requested_at IS NOT NULL) AND (replayed_at IS NULL));

CREATE INDEX sample_by_receipt ON public.sample USING brin (received_at) WITH (pages_per_range='32');

CREATE INDEX sample_stray_by_receipt ON public.sample_stray USING btree (received_at);

CREATE INDEX seal_by_time ON public.seal USING btree (sealed_at);

CREATE INDEX sequence_gap_by_lift ON public.sequence_gap USING btree (lift_no, id);

CREATE INDEX sequence_gap_open ON public.sequence_gap USING btree (lift_no, topic, boot, first_seq) WHERE (missing > 0);

CREATE INDEX shadow_incident_by_run ON public.shadow_incident USING btree (run_id, opened_at);

CREATE UNIQUE INDEX shadow_run_one ON public.shadow_run USING btree ((true)) WHERE (ended_at IS NULL);

CREATE INDEX signin_failure_by_subject ON public.signin_failure USING btree (subject, at);

CREATE INDEX visit_by_end ON public.visit USING btree (left_at) WHERE counted;

CREATE INDEX visit_by_firm ON public.visit USING btree (firm_id, id);

CREATE INDEX visit_by_lift ON public.visit USING btree (lift_no, id);

CREATE INDEX visit_drawing_by_hash ON public.visit_drawing USING btree (hash, began_at);

CREATE INDEX visit_end_due ON public.visit USING btree (end_due_at) WHERE ((end_due_at IS NOT NULL) AND (overrun IS NULL));

CREATE INDEX visit_life_due ON public.visit USING btree (life_due_at) WHERE ((life_due_at IS NOT NULL) AND (man_down IS NULL));

CREATE INDEX visit_on_site ON public.visit USING btree (lift_no) WHERE (state = 'on_site'::text);

CREATE INDEX visit_plausibility_by_firm ON public.visit_plausibility USING btree (firm_id, began_at, visit_id);

CREATE INDEX visit_plausibility_by_level ON public.visit_plausibility USING btree (level, began_at, visit_id);

CREATE INDEX visit_plausibility_by_lift ON public.visit_plausibility USING btree (lift_no, inspection_s);

CREATE INDEX visit_plausibility_by_second ON public.visit_plausibility USING btree (second_id, began_at) WHERE (second_id IS NOT NULL);

CREATE INDEX visit_plausibility_by_time ON public.visit_plausibility USING btree (began_at, visit_id);

CREATE INDEX visit_plausibility_by_worker ON public.visit_plausibility USING btree (worker_id, began_at);

CREATE INDEX visit_plausibility_look ON public.visit_plausibility USING btree (look_at) WHERE (look_at IS NOT NULL);

CREATE INDEX visit_unjudged ON public.visit USING btree (checked_out_at) WHERE ((state = ANY (ARRAY['left'::text, 'complete'::text])) AND (judged IS DISTINCT FROM version));

CREATE INDEX work_order_by_firm ON public.work_order USING btree (firm_id, id);

CREATE INDEX work_order_by_lift ON public.work_order USING btree (lift_no, id);

CREATE UNIQUE INDEX work_order_of_item ON public.work_order USING btree (visit_id, item_code) WHERE (state <> 'withdrawn'::text);

CREATE INDEX work_order_open ON public.work_order USING btree (opened_at) WHERE (state = ANY (ARRAY['open'::text, 'accepted'::text, 'done'::text]));

CREATE INDEX worker_by_firm ON public.worker USING btree (firm_id, id);

CREATE TRIGGER order_entry_append_only BEFORE DELETE OR UPDATE ON public.order_entry FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER order_entry_no_truncate BEFORE TRUNCATE ON public.order_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER order_entry_seal AFTER INSERT ON public.order_entry FOR EACH ROW EXECUTE FUNCTION public.queue_for_seal('order', 'order_id');

CREATE TRIGGER photo_append_only BEFORE DELETE OR UPDATE ON public.photo FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER photo_no_truncate BEFORE TRUNCATE ON public.photo FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER photo_use_append_only BEFORE DELETE OR UPDATE ON public.photo_use FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER photo_use_no_truncate BEFORE TRUNCATE ON public.photo_use FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER plan_append_only BEFORE DELETE OR UPDATE ON public.plan FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER plan_no_truncate BEFORE TRUNCATE ON public.plan FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER public_report_append_only BEFORE DELETE OR UPDATE ON public.public_report FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER public_report_no_truncate BEFORE TRUNCATE ON public.public_report FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER seal_append_only BEFORE DELETE OR UPDATE ON public.seal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON public.seal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER timeline_append_only BEFORE DELETE OR UPDATE ON public.timeline FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON public.timeline FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER timeline_seal AFTER INSERT ON public.timeline FOR EACH ROW EXECUTE FUNCTION public.queue_for_seal('incident', 'incident_id');

CREATE TRIGGER visit_entry_append_only BEFORE DELETE OR UPDATE ON public.visit_entry FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER visit_entry_no_truncate BEFORE TRUNCATE ON public.visit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER visit_entry_seal AFTER INSERT ON public.visit_entry FOR EACH ROW EXECUTE FUNCTION public.queue_for_seal('visit', 'visit_id');

ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.app_user
    ADD CONSTRAINT app_user_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.unit(id);

ALTER TABLE ONLY public.area_lift
    ADD CONSTRAINT area_lift_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.area_lift
    ADD CONSTRAINT area_lift_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.area_lift
    ADD CONSTRAINT area_lift_rescue_fkey FOREIGN KEY (rescue) REFERENCES public.incident(id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.assignment
    ADD CONSTRAINT assignment_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.unit(id);

ALTER TABLE ONLY public.calendar_link
    ADD CONSTRAINT calendar_link_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.calendar_link
    ADD CONSTRAINT calendar_link_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.unit(id);

ALTER TABLE ONLY public.certificate
    ADD CONSTRAINT certificate_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.worker(id);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_area_fkey FOREIGN KEY (area) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES public.incident(id);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.incident
    ADD CONSTRAINT incident_previous_fkey FOREIGN KEY (previous) REFERENCES public.incident(id);

ALTER TABLE ONLY public.lift
    ADD CONSTRAINT lift_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.lift_maintenance
    ADD CONSTRAINT lift_maintenance_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.lift_state
    ADD CONSTRAINT lift_state_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.link
    ADD CONSTRAINT link_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.maintenance_due
    ADD CONSTRAINT maintenance_due_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.order_entry
    ADD CONSTRAINT order_entry_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.work_order(id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_assignment_id_fkey FOREIGN KEY (assignment_id) REFERENCES public.assignment(id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.photo
    ADD CONSTRAINT photo_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.photo
    ADD CONSTRAINT photo_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.photo_use
    ADD CONSTRAINT photo_use_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.photo_use
    ADD CONSTRAINT photo_use_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_base_fkey FOREIGN KEY (base) REFERENCES public.plan(id);

ALTER TABLE ONLY public.plan
    ADD CONSTRAINT plan_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.public_report
    ADD CONSTRAINT public_report_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.public_report
    ADD CONSTRAINT public_report_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.public_report
    ADD CONSTRAINT public_report_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.work_order(id);

ALTER TABLE ONLY public.sequence_gap
    ADD CONSTRAINT sequence_gap_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);

ALTER TABLE ONLY public.shadow_incident
    ADD CONSTRAINT shadow_incident_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.shadow_run(id);

ALTER TABLE ONLY public.signin_link
    ADD CONSTRAINT signin_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.app_user(id);

ALTER TABLE ONLY public.sticker
    ADD CONSTRAINT sticker_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.timeline
    ADD CONSTRAINT timeline_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incident(id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.unit(id);

ALTER TABLE ONLY public.unit
    ADD CONSTRAINT unit_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.unknown_code
    ADD CONSTRAINT unknown_code_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.visit_drawing
    ADD CONSTRAINT visit_drawing_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit_plausibility(visit_id);

ALTER TABLE ONLY public.visit_entry
    ADD CONSTRAINT visit_entry_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.visit_link
    ADD CONSTRAINT visit_link_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_man_down_fkey FOREIGN KEY (man_down) REFERENCES public.incident(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_overrun_fkey FOREIGN KEY (overrun) REFERENCES public.incident(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plan(id);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_second_id_fkey FOREIGN KEY (second_id) REFERENCES public.worker(id);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit(id);

ALTER TABLE ONLY public.visit_plausibility
    ADD CONSTRAINT visit_plausibility_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.worker(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_second_id_fkey FOREIGN KEY (second_id) REFERENCES public.worker(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_unit_id_fkey FOREIGN KEY (unit_id) REFERENCES public.unit(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.worker(id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.work_order
    ADD CONSTRAINT work_order_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);

ALTER TABLE ONLY public.work_order
    ADD CONSTRAINT work_order_lift_no_fkey FOREIGN KEY (lift_no) REFERENCES public.lift(lift_no);

ALTER TABLE ONLY public.work_order
    ADD CONSTRAINT work_order_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visit(id);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_firm_id_fkey FOREIGN KEY (firm_id) REFERENCES public.firm(id);
