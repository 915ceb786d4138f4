-- The hash of each entry of a record, over the entry and the hash before it; written by the sealer, never changed.
CREATE TABLE seal (
    kind text NOT NULL,                 -- of the record: incident, visit
    subject text NOT NULL,              -- its id
    n integer NOT NULL,                 -- of the entry in it, from 1
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject, n)
);
CREATE INDEX seal_by_time ON seal (sealed_at);
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Entries that are committed and not sealed yet: a queue, so that no late commit is passed over.
CREATE TABLE unsealed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    n integer NOT NULL
);

-- Days whose heads stand in a file outside the database.
CREATE TABLE seal_day (
    day date PRIMARY KEY,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    written_at timestamptz NOT NULL
);

-- Arguments: the kind of record, and the column that names the record.
CREATE FUNCTION queue_for_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unsealed (kind, subject, n) VALUES (TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1], NEW.n);
    RETURN NULL;
END $$;
CREATE TRIGGER timeline_seal AFTER INSERT ON timeline
    FOR EACH ROW EXECUTE FUNCTION queue_for_seal('incident', 'incident_id');

INSERT INTO unsealed (kind, subject, n) SELECT 'incident', incident_id, n FROM timeline ORDER BY at, incident_id, n;
