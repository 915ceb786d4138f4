-- Maintenance: people with their certificates, plans, the terms of each lift, and when its maintenance is due.

-- Who works at lifts; a signature counts only with a certificate that has not ended.
CREATE TABLE worker (
    id text PRIMARY KEY,
    firm_id text NOT NULL REFERENCES firm,
    name text NOT NULL,
    phone text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL
);
CREATE INDEX worker_by_firm ON worker (firm_id, id);

CREATE TABLE certificate (
    worker_id text NOT NULL REFERENCES worker,
    kind text NOT NULL,
    number text NOT NULL,
    valid_until date NOT NULL,
    PRIMARY KEY (worker_id, kind, number)
);
CREATE INDEX certificate_by_end ON certificate (valid_until);

-- Every version of every plan that a visit may refer to: published ones when first used, and firms' own.
CREATE TABLE plan (
    id text PRIMARY KEY,
    firm_id text REFERENCES firm,       -- null: published with Liftline
    lift_class text NOT NULL,
    version integer NOT NULL,
    base text REFERENCES plan,
    title jsonb NOT NULL,
    source jsonb NOT NULL,
    items jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
CREATE UNIQUE INDEX plan_version ON plan ((coalesce(firm_id, '')), lift_class, version);
CREATE TRIGGER plan_append_only BEFORE UPDATE OR DELETE ON plan FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER plan_no_truncate BEFORE TRUNCATE ON plan FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the due dates of a lift follow from.
CREATE TABLE lift_maintenance (
    lift_no integer PRIMARY KEY REFERENCES lift,
    since date NOT NULL,                -- a kind that was never done is counted from here
    last jsonb NOT NULL DEFAULT '{}',   -- kind → day of the last visit
    on_demand jsonb,                    -- null: the ordinary cycles
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL
);

-- Kept whenever its terms change, so that nobody has to look through visits to know what is due.
CREATE TABLE maintenance_due (
    lift_no integer NOT NULL REFERENCES lift,
    kind text NOT NULL,
    due_on date NOT NULL,
    counted_from date NOT NULL,
    reminded_for date,                  -- the due day that was reminded of
    overdue_for date,                   -- the due day whose passing was told
    PRIMARY KEY (lift_no, kind)
);
CREATE INDEX maintenance_due_by_day ON maintenance_due (due_on, lift_no, kind);
CREATE INDEX maintenance_due_unreminded ON maintenance_due (due_on) WHERE reminded_for IS DISTINCT FROM due_on;
CREATE INDEX maintenance_due_untold ON maintenance_due (due_on) WHERE overdue_for IS DISTINCT FROM due_on;

-- Addresses under which a calendar program reads what is due; the code in the address is all it needs.
CREATE TABLE calendar_link (
    id text PRIMARY KEY,
    code_hash bytea NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL,
    firm_id text REFERENCES firm,
    unit_id text REFERENCES unit,
    building text,
    owner text NOT NULL,                -- kind and id of who made it
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX calendar_link_by_owner ON calendar_link (owner, id);
