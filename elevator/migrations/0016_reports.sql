-- What people without an account report by the code on a lift, and how punctual visits were.

-- The code on the sticker of a lift: hard to guess, so that nobody can report for lifts that he does not stand at.
CREATE TABLE sticker (
    lift_no integer PRIMARY KEY REFERENCES lift,
    code text NOT NULL UNIQUE,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL
);

-- Append-only: what was reported, without anything about who did.
CREATE TABLE public_report (
    id text PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    kind text NOT NULL,
    text text,
    at timestamptz NOT NULL,
    sent_key text NOT NULL UNIQUE,      -- of the page: what is sent twice counts once
    order_id text REFERENCES work_order,
    incident_id text REFERENCES incident
);
CREATE INDEX public_report_by_lift ON public_report (lift_no, at);
CREATE TRIGGER public_report_append_only BEFORE UPDATE OR DELETE ON public_report
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_report_no_truncate BEFORE TRUNCATE ON public_report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Addresses that have asked of late, for counting alone; forgotten within the hour.
CREATE TABLE public_try (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX public_try_by_address ON public_try (address, what, at);
CREATE INDEX public_try_by_time ON public_try (at);

-- Days after the day on which the earliest of the kinds that it covers was due, known when it was counted.
ALTER TABLE visit ADD COLUMN days_late integer;
CREATE INDEX visit_by_end ON visit (left_at) WHERE counted;
CREATE INDEX work_order_open ON work_order (opened_at) WHERE state IN ('open', 'accepted', 'done');
