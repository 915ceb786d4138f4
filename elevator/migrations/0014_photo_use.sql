-- Which entry of a visit or an order names which photo, and the digest of each picture as it is kept.

ALTER TABLE photo ADD COLUMN kept_sha256 bytea CHECK (octet_length(kept_sha256) = 32);   -- null: kept before this was

-- A photo is named by its id, or by the SHA-256 of its bytes as sent (hexadecimal): a phone knows that without network.
CREATE TABLE photo_use (
    name text NOT NULL,
    kind text NOT NULL,                 -- of the record: visit, order
    subject text NOT NULL,              -- its id
    n integer NOT NULL,                 -- the entry
    item text NOT NULL,                 -- code of the item; empty: none
    lift_no integer NOT NULL REFERENCES lift,
    firm_id text REFERENCES firm,       -- whose record
    digest bytea GENERATED ALWAYS AS (CASE WHEN name ~ '^[0-9a-f]{64}$' THEN decode(name, 'hex') END) STORED,
    PRIMARY KEY (name, kind, subject, n, item)
);
CREATE INDEX photo_use_by_record ON photo_use (subject, name);
CREATE INDEX photo_use_by_digest ON photo_use (digest) WHERE digest IS NOT NULL;
CREATE TRIGGER photo_use_append_only BEFORE UPDATE OR DELETE ON photo_use
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER photo_use_no_truncate BEFORE TRUNCATE ON photo_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO photo_use (name, kind, subject, n, item, lift_no, firm_id)
SELECT DISTINCT name, 'visit', e.visit_id, e.n, r.item, v.lift_no, v.firm_id
FROM visit_entry e JOIN visit v ON v.id = e.visit_id
CROSS JOIN LATERAL (
    SELECT one ->> 'code' AS item, one -> 'photos' AS photos
    FROM jsonb_array_elements(CASE jsonb_typeof(e.body -> 'results') WHEN 'array' THEN e.body -> 'results' ELSE '[]' END) one
    UNION ALL SELECT '', e.body -> 'photos') r
CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(r.photos) WHEN 'array' THEN r.photos ELSE '[]' END) name
WHERE e.kind IN ('results', 'note');
INSERT INTO photo_use (name, kind, subject, n, item, lift_no, firm_id)
SELECT DISTINCT name, 'order', e.order_id, e.n, coalesce(o.item_code, ''), o.lift_no, o.firm_id
FROM order_entry e JOIN work_order o ON o.id = e.order_id CROSS JOIN LATERAL unnest(e.photos) name;
