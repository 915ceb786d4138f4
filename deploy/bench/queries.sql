-- name: make_piped
-- The reference's table: the payload as it came, no key, no index.
CREATE TABLE piped (payload text NOT NULL);

-- name: make_inserted
-- The table of the plain loop: what people write first.
CREATE TABLE inserted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL,
    received_at timestamptz NOT NULL);

-- name: insert_one
-- One message of the plain loop.
INSERT INTO inserted (topic, payload, received_at) VALUES (%(topic)s, %(payload)s, %(received_at)s);

-- name: register_lifts
-- A fleet in the registry, as `simulators.flood` numbers it.
INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, created_at, updated_at)
SELECT '4302' || lpad(n::text, 16, '0'), true, lpad(n::text, 8, '0'), 'bench ' || n, 'traction', %(now)s, %(now)s
FROM generate_series(%(first)s::integer, %(first)s::integer + %(number)s::integer - 1) AS n;

-- name: count_sample
-- Rows of the intake.
SELECT count(*) FROM sample;

-- name: count_inserted
-- Rows of the plain loop.
SELECT count(*) FROM inserted;

-- name: count_piped
-- Rows of the reference; none are seen before its one COPY ends.
SELECT count(*) FROM piped;

-- name: size_piped
-- Whether the COPY has begun to write: the file grows before the commit.
SELECT pg_relation_size('piped');

-- name: total_bytes
-- A table with its indexes, and with its chunks where it is a hypertable.
SELECT sum(pg_total_relation_size(oid)) FROM (
    SELECT %(name)s::regclass AS oid UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = %(name)s::regclass
) AS parts;
