-- What a visit's plausibility came to, and what of it other visits are held against. All of it can be computed anew.

ALTER TABLE visit ADD COLUMN judged integer;    -- the version whose plausibility was computed; null: none yet
CREATE INDEX visit_unjudged ON visit (checked_out_at) WHERE state IN ('left', 'complete') AND judged IS DISTINCT FROM version;

CREATE TABLE visit_plausibility (
    visit_id text PRIMARY KEY REFERENCES visit,
    lift_no integer NOT NULL REFERENCES lift,
    firm_id text NOT NULL REFERENCES firm,
    worker_id text REFERENCES worker,
    second_id text REFERENCES worker,
    began_at timestamptz NOT NULL,      -- by our clock: of what was entered on line, its receipt
    left_at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('supported', 'open', 'doubtful', 'unknown')),
    score double precision NOT NULL,
    thresholds text NOT NULL,           -- the version that it was judged by
    evidence jsonb NOT NULL,
    items jsonb NOT NULL,
    telemetry jsonb NOT NULL,
    inspection_s double precision NOT NULL,     -- this lift can show it
    computed_at timestamptz NOT NULL,
    look_at timestamptz                 -- then it is computed anew; null: only if the visit changes
);
CREATE INDEX visit_plausibility_by_time ON visit_plausibility (began_at, visit_id);
CREATE INDEX visit_plausibility_by_level ON visit_plausibility (level, began_at, visit_id);
CREATE INDEX visit_plausibility_by_firm ON visit_plausibility (firm_id, began_at, visit_id);
CREATE INDEX visit_plausibility_by_lift ON visit_plausibility (lift_no, inspection_s);
CREATE INDEX visit_plausibility_by_worker ON visit_plausibility (worker_id, began_at);
CREATE INDEX visit_plausibility_by_second ON visit_plausibility (second_id, began_at) WHERE second_id IS NOT NULL;
CREATE INDEX visit_plausibility_look ON visit_plausibility (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE visit_photo (
    visit_id text NOT NULL REFERENCES visit_plausibility,
    photo_id text NOT NULL REFERENCES photo,
    firm_id text NOT NULL REFERENCES firm,
    lift_no integer NOT NULL REFERENCES lift,
    began_at timestamptz NOT NULL,
    sha256 bytea NOT NULL,
    likeness bigint NOT NULL,
    PRIMARY KEY (visit_id, photo_id)
);
CREATE INDEX visit_photo_by_bytes ON visit_photo (sha256);
CREATE INDEX visit_photo_by_firm ON visit_photo (firm_id, began_at);

CREATE TABLE visit_drawing (
    visit_id text NOT NULL REFERENCES visit_plausibility,
    hash bytea NOT NULL,                -- of a signature's drawing
    name text NOT NULL,
    officer boolean NOT NULL,           -- of the property's safety officer
    began_at timestamptz NOT NULL,
    PRIMARY KEY (visit_id, hash)
);
CREATE INDEX visit_drawing_by_hash ON visit_drawing (hash, began_at);
