-- Visits: the operations as they were received, what they come to, and the orders that abnormal items open.

CREATE TABLE visit (
    id text PRIMARY KEY,                -- UUIDv7 text, made by the phone or by us
    lift_no integer NOT NULL REFERENCES lift,
    firm_id text NOT NULL REFERENCES firm,
    unit_id text REFERENCES unit,
    state text NOT NULL CHECK (state IN ('new', 'on_site', 'interrupted', 'left', 'complete', 'void')),
    kind text,
    plan_id text REFERENCES plan,
    worker_id text REFERENCES worker,
    second_id text REFERENCES worker,
    alone boolean NOT NULL DEFAULT false,
    planned_s double precision,
    checked_in_at timestamptz,          -- received
    began_at timestamptz,               -- done, by our clock
    checked_out_at timestamptz,         -- received
    left_at timestamptz,                -- done, by our clock
    completed_at timestamptz,
    abnormal integer NOT NULL DEFAULT 0,
    marks text[] NOT NULL DEFAULT '{}',
    counted boolean NOT NULL DEFAULT false,     -- in the due days
    life_due_at timestamptz,            -- null: nobody works alone
    end_due_at timestamptz,             -- null: not under way
    man_down text REFERENCES incident,  -- what a missed sign of life has opened
    overrun text REFERENCES incident,   -- what outliving its time has opened
    version integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);
CREATE INDEX visit_by_lift ON visit (lift_no, id);
CREATE INDEX visit_by_firm ON visit (firm_id, id);
CREATE INDEX visit_on_site ON visit (lift_no) WHERE state = 'on_site';
CREATE INDEX visit_life_due ON visit (life_due_at) WHERE life_due_at IS NOT NULL AND man_down IS NULL;
CREATE INDEX visit_end_due ON visit (end_due_at) WHERE end_due_at IS NOT NULL AND overrun IS NULL;

-- Append-only: each operation as it was received, with what was looked up then; a visit is the fold of these.
CREATE TABLE visit_entry (
    visit_id text NOT NULL REFERENCES visit,
    n integer NOT NULL,
    op_id text NOT NULL,                -- the phone's: the same is taken once
    kind text NOT NULL,
    device text NOT NULL,
    device_n integer,                   -- its place on that phone; null: on line
    device_at timestamptz,              -- the phone's clock
    done_at timestamptz NOT NULL,       -- by ours, as well as that is known
    at timestamptz NOT NULL,            -- received
    clock_off_s double precision NOT NULL,
    actor jsonb NOT NULL,               -- kind, id, name, role
    channel text NOT NULL,
    body jsonb NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (visit_id, n),
    UNIQUE (visit_id, op_id)
);
CREATE TRIGGER visit_entry_append_only BEFORE UPDATE OR DELETE ON visit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visit_entry_no_truncate BEFORE TRUNCATE ON visit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Addresses by which a safety officer signs without an account.
CREATE TABLE visit_link (
    code_hash bytea PRIMARY KEY,
    visit_id text NOT NULL REFERENCES visit,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE work_order (
    id text PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    firm_id text REFERENCES firm,
    visit_id text REFERENCES visit,     -- null: opened by a person
    item_code text,
    text text NOT NULL,
    photos text[] NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'done', 'closed', 'withdrawn')),
    opened_at timestamptz NOT NULL,
    accepted_at timestamptz,
    done_at timestamptz,
    closed_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX work_order_of_item ON work_order (visit_id, item_code) WHERE state <> 'withdrawn';
CREATE INDEX work_order_by_lift ON work_order (lift_no, id);
CREATE INDEX work_order_by_firm ON work_order (firm_id, id);

CREATE TABLE order_entry (
    order_id text NOT NULL REFERENCES work_order,
    n integer NOT NULL,
    at timestamptz NOT NULL,
    device_at timestamptz,
    actor jsonb NOT NULL,
    action text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    text text,
    photos text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (order_id, n)
);
CREATE TRIGGER order_entry_append_only BEFORE UPDATE OR DELETE ON order_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_entry_no_truncate BEFORE TRUNCATE ON order_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
