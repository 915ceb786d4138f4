-- Photos of maintenance work: the picture itself stands in the storage of photos, under its id.
CREATE TABLE photo (
    id text PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    firm_id text REFERENCES firm,           -- of whoever sent it; null: not a firm's
    by_id text NOT NULL,
    by_name text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size integer NOT NULL,                  -- bytes as kept
    taken_at text,                          -- as the telephone wrote it: without an offset where it gave none
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),    -- of the bytes as sent
    likeness bigint NOT NULL,               -- difference hash
    uploaded_at timestamptz NOT NULL
);
CREATE INDEX photo_by_lift ON photo (lift_no, id);
CREATE INDEX photo_by_bytes ON photo (sha256);
CREATE INDEX photo_by_firm ON photo (firm_id, id);
CREATE TRIGGER photo_append_only BEFORE UPDATE OR DELETE ON photo
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER photo_no_truncate BEFORE TRUNCATE ON photo
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
