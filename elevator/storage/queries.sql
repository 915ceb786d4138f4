-- name: try_turn
-- One process keeps storage at a time, as long as its connection holds this lock.
SELECT pg_try_advisory_lock(%(lock)s) AS mine;

-- name: turn_over
-- Somebody else may.
SELECT pg_advisory_unlock(%(lock)s);

-- name: within_seconds
-- No statement of this transaction takes long, lets others queue up behind it for a lock, or reads a whole table because
-- of old statistics.
SELECT set_config('statement_timeout', %(statement)s, true), set_config('lock_timeout', %(lock)s, true),
    set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true);

-- name: has_extension
-- Whether this database has TimescaleDB, under which licence, and how much memory the server counts on.
SELECT current_setting('timescaledb.license', true) AS licence,
    pg_size_bytes(current_setting('effective_cache_size')) AS memory
FROM pg_extension WHERE extname = 'timescaledb';

-- name: dimensions
-- The hypertables among our tables, and how long their next chunks will be.
SELECT hypertable_name::text AS name, time_interval AS interval FROM timescaledb_information.dimensions
WHERE hypertable_schema = current_schema() AND hypertable_name IN ('sample', 'sample_minute', 'sample_hour');

-- name: chunks
-- All chunks of a hypertable.
SELECT hypertable_name::text AS table, format('%%I.%%I', chunk_schema, chunk_name) AS name, range_start AS first,
    range_end AS end, coalesce(is_compressed, false) AS compressed
FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = %(table)s ORDER BY range_start;

-- name: set_interval
-- How long chunks are that will be made from now on.
SELECT set_chunk_time_interval(%(table)s::regclass, %(interval)s::interval);

-- name: drop_chunk
-- One chunk, by its range.
SELECT drop_chunks(%(table)s::regclass, older_than => %(end)s::timestamptz, newer_than => %(first)s::timestamptz);

-- name: keep_strays
-- Out of a chunk that is about to go: what was received within the time that samples are kept.
INSERT INTO sample_stray SELECT * FROM sample
WHERE ts >= %(first)s AND ts < %(end)s AND received_at >= %(since)s ON CONFLICT DO NOTHING;

-- name: seed_sample
-- The row that makes a chunk; it is deleted before the transaction ends.
INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late)
VALUES (%(lift_no)s, %(at)s, '', 0, %(at)s, 0, false, false);

-- name: unseed_sample
-- Only the chunk stays.
DELETE FROM sample WHERE lift_no = %(lift_no)s AND ts = %(at)s;

-- name: seed_sample_minute
-- The same for minutes.
INSERT INTO sample_minute (lift_no, bucket, ts, received_at, count, mode, late, known_s, moving_s, door_open_s,
    off_mains_s, door_cycles)
VALUES (%(lift_no)s, %(at)s, %(at)s, %(at)s, 0, 0, false, 0, 0, 0, 0, 0);

-- name: unseed_sample_minute
-- Only the chunk stays.
DELETE FROM sample_minute WHERE lift_no = %(lift_no)s AND bucket = %(at)s;

-- name: seed_sample_hour
-- The same for hours.
INSERT INTO sample_hour (lift_no, bucket, ts, received_at, count, mode, late, known_s, moving_s, door_open_s,
    off_mains_s, door_cycles)
VALUES (%(lift_no)s, %(at)s, %(at)s, %(at)s, 0, 0, false, 0, 0, 0, 0, 0);

-- name: unseed_sample_hour
-- Only the chunk stays.
DELETE FROM sample_hour WHERE lift_no = %(lift_no)s AND bucket = %(at)s;

-- name: rate
-- Samples of the last day's whole hours, and how much time they cover.
SELECT coalesce(sum(count), 0)::double precision AS rows,
    extract(epoch FROM %(until)s - min(bucket))::double precision AS seconds
FROM sample_hour WHERE bucket >= %(since)s AND bucket < %(until)s;

-- name: summarise
-- Have the newest pages enter their index of receipt times.
SELECT brin_summarize_new_values(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am a ON a.oid = c.relam WHERE i.indrelid = %(table)s::regclass AND a.amname = 'brin';

-- name: receipt_ranges
-- How many page ranges the index of receipt times has on the plain table.
SELECT ceil(pg_relation_size('sample') / 8192.0 / 32)::bigint AS count;

-- name: narrow_range
-- Read one page range again: where deleted rows made room for new ones, its summary still spans both.
SELECT brin_desummarize_range('sample_by_receipt', %(page)s), brin_summarize_range('sample_by_receipt', %(page)s);

-- name: compression_on
-- Let chunks of `sample` be compressed; all columns of the key stand in the order, as a unique key demands.
ALTER TABLE sample SET (timescaledb.compress, timescaledb.compress_segmentby = 'lift_no',
    timescaledb.compress_orderby = 'ts, boot, seq');

-- name: compress
-- One chunk.
SELECT compress_chunk(%(chunk)s::regclass, if_not_compressed => true);

-- name: lift_numbers
-- All lifts, and since when there is one: nothing was received before.
SELECT array_agg(lift_no ORDER BY lift_no) AS lifts, min(created_at) AS first FROM lift;

-- name: delete_samples
-- Samples past their time, of some lifts, a bounded number. A lift's clock may be wrong, so its word alone deletes
-- nothing; one that runs ahead would otherwise be kept for ever.
DELETE FROM sample WHERE ctid = ANY(ARRAY(
    (SELECT ctid FROM sample WHERE lift_no = ANY(%(lifts)s) AND ts < %(before)s AND received_at < %(before)s
    LIMIT %(limit)s)
    UNION ALL
    (SELECT ctid FROM sample WHERE lift_no = ANY(%(lifts)s) AND ts > %(ahead)s AND received_at < %(before)s
    LIMIT %(limit)s)));

-- name: delete_sample_minute
-- Minutes past their time, of some lifts, a bounded number.
DELETE FROM sample_minute WHERE ctid = ANY(ARRAY(SELECT ctid FROM sample_minute
    WHERE lift_no = ANY(%(lifts)s) AND bucket < %(before)s LIMIT %(limit)s));

-- name: delete_sample_hour
-- Hours past their time, of some lifts, a bounded number.
DELETE FROM sample_hour WHERE ctid = ANY(ARRAY(SELECT ctid FROM sample_hour
    WHERE lift_no = ANY(%(lifts)s) AND bucket < %(before)s LIMIT %(limit)s));

-- name: delete_strays
-- Samples of wrong clocks, by when they were received.
DELETE FROM sample_stray WHERE ctid = ANY(ARRAY(SELECT ctid FROM sample_stray
    WHERE received_at < %(before)s LIMIT %(limit)s));

-- name: delete_events
-- Events past their time: ids rise with receipt, so only the lowest need be looked at.
DELETE FROM event WHERE id IN (SELECT id FROM (SELECT id, received_at FROM event ORDER BY id LIMIT %(limit)s) oldest
    WHERE received_at < %(before)s);

-- name: delete_links
-- Statements about links past their time.
DELETE FROM link WHERE id IN (SELECT id FROM (SELECT id, received_at FROM link ORDER BY id LIMIT %(limit)s) oldest
    WHERE received_at < %(before)s);

-- name: delete_quarantine
-- Unreadable messages past their time.
DELETE FROM quarantine WHERE id = ANY(ARRAY(SELECT id FROM quarantine
    WHERE received_at < %(before)s LIMIT %(limit)s));

-- name: marks
-- How far the roll-ups have come.
SELECT name, at FROM storage_mark;

-- name: set_mark
-- They have come this far.
INSERT INTO storage_mark (name, at) VALUES (%(name)s, %(at)s) ON CONFLICT (name) DO UPDATE SET at = excluded.at;

-- name: buckets_of_samples
-- A part of other queries: each bucket of `touched` (lift_no, bucket) made of its samples. A sample holds until the next
-- one, at most `hold`; what holds when a bucket begins is the last sample before it.
SELECT t.lift_no, t.bucket, m.* FROM touched t CROSS JOIN LATERAL (
    WITH own AS (
        SELECT s.*, coalesce(s.people > 0, false) OR s.occupied AS inside,
            lag(s.ts) OVER w AS ts_before, lag(s.moving) OVER w AS moving_before, lag(s.door) OVER w AS door_before,
            lag(s.power) OVER w AS power_before,
            lag(coalesce(s.people > 0, false) OR s.occupied) OVER w AS inside_before, lag(s.speed) OVER w AS speed_before,
            lead(s.ts) OVER w AS ts_after
        FROM (
            (SELECT * FROM {samples} WHERE lift_no = t.lift_no AND ts >= t.bucket AND ts < t.bucket + interval '1 minute'
                AND ts >= %(first)s AND ts < %(end)s)
            UNION ALL
            (SELECT * FROM {samples} WHERE lift_no = t.lift_no AND ts < t.bucket AND ts >= t.bucket - %(hold)s::interval
                AND ts >= %(first)s AND ts < %(end)s
            ORDER BY ts DESC, boot DESC, seq DESC LIMIT 1)
        ) s WINDOW w AS (ORDER BY s.ts, s.boot, s.seq)
    ), timed AS (
        SELECT own.*, ts_after IS NULL AS last, ts_before IS NULL OR ts_before < t.bucket AS first,
            extract(epoch FROM least(ts_after, ts + %(hold)s::interval, t.bucket + interval '1 minute') - ts) AS own_s,
            CASE WHEN ts_before < t.bucket
                THEN greatest(0, extract(epoch FROM least(ts, ts_before + %(hold)s::interval) - t.bucket)) END AS head_s
        FROM own WHERE ts >= t.bucket
    )
    SELECT max(ts) AS ts, max(received_at) FILTER (WHERE last) AS received_at, count(*)::integer AS count,
        max(mode) FILTER (WHERE last) AS mode, max(door) FILTER (WHERE last) AS door,
        max(power) FILTER (WHERE last) AS power, bool_or(moving) FILTER (WHERE last) AS moving,
        bool_or(door_zone) FILTER (WHERE last) AS door_zone, bool_or(inside) FILTER (WHERE last) AS occupied,
        bool_or(late) FILTER (WHERE last) AS late, max(speed) FILTER (WHERE last) AS speed,
        max(position) FILTER (WHERE last) AS position, min(speed) AS speed_min, max(speed) AS speed_max,
        ((coalesce(sum(speed * own_s), 0) + coalesce(sum(speed_before * head_s), 0))
            / nullif(coalesce(sum(own_s) FILTER (WHERE speed IS NOT NULL), 0)
                + coalesce(sum(head_s) FILTER (WHERE speed_before IS NOT NULL), 0), 0))::real AS speed_avg,
        min(position) AS position_min, max(position) AS position_max, min(load) AS load_min, max(load) AS load_max,
        min(temperature) AS temperature_min, max(temperature) AS temperature_max,
        (sum(own_s) + coalesce(sum(head_s), 0))::real AS known_s,
        (coalesce(sum(own_s) FILTER (WHERE moving), 0)
            + coalesce(sum(head_s) FILTER (WHERE moving_before), 0))::real AS moving_s,
        (coalesce(sum(own_s) FILTER (WHERE door = %(open)s), 0)
            + coalesce(sum(head_s) FILTER (WHERE door_before = %(open)s), 0))::real AS door_open_s,
        CASE WHEN count(inside) > 0 THEN coalesce(sum(own_s) FILTER (WHERE inside), 0)
            + coalesce(sum(head_s) FILTER (WHERE inside_before), 0) END::real AS occupied_s,
        (coalesce(sum(own_s) FILTER (WHERE power <> %(mains)s), 0)
            + coalesce(sum(head_s) FILTER (WHERE power_before <> %(mains)s), 0))::real AS off_mains_s,
        count(*) FILTER (WHERE door = %(open)s AND door_before <> %(open)s)::integer AS door_cycles,
        min(trips) FILTER (WHERE first) AS trips_first, max(trips) FILTER (WHERE last) AS trips_last,
        max(floor) FILTER (WHERE last) AS floor, min(floor) FILTER (WHERE first) AS floor_first,
        (SELECT array_agg(DISTINCT code ORDER BY code) FROM timed listed, unnest(listed.faults) AS code) AS codes
    FROM timed
) m WHERE m.count > 0;

-- name: buckets_of_buckets
-- A part of other queries: wider buckets of `series`, whose rows say in `wide` where they belong.
SELECT b.lift_no, b.wide AS bucket, max(b.ts) AS ts, max(b.received_at) FILTER (WHERE last) AS received_at,
    sum(b.count)::integer AS count, max(b.mode) FILTER (WHERE last) AS mode, max(b.door) FILTER (WHERE last) AS door,
    max(b.power) FILTER (WHERE last) AS power, bool_or(b.moving) FILTER (WHERE last) AS moving,
    bool_or(b.door_zone) FILTER (WHERE last) AS door_zone, bool_or(b.occupied) FILTER (WHERE last) AS occupied,
    bool_or(b.late) FILTER (WHERE last) AS late, max(b.speed) FILTER (WHERE last) AS speed,
    max(b.position) FILTER (WHERE last) AS position, min(b.speed_min) AS speed_min, max(b.speed_max) AS speed_max,
    (sum(b.speed_avg * b.known_s) / nullif(sum(b.known_s) FILTER (WHERE b.speed_avg IS NOT NULL), 0))::real AS speed_avg,
    min(b.position_min) AS position_min, max(b.position_max) AS position_max, min(b.load_min) AS load_min,
    max(b.load_max) AS load_max, min(b.temperature_min) AS temperature_min, max(b.temperature_max) AS temperature_max,
    sum(b.known_s)::real AS known_s, sum(b.moving_s)::real AS moving_s, sum(b.door_open_s)::real AS door_open_s,
    sum(b.occupied_s)::real AS occupied_s, sum(b.off_mains_s)::real AS off_mains_s,
    sum(b.door_cycles)::integer AS door_cycles, min(b.trips_first) FILTER (WHERE first) AS trips_first,
    max(b.trips_last) FILTER (WHERE last) AS trips_last, max(b.floor) FILTER (WHERE last) AS floor,
    min(b.floor_first) FILTER (WHERE first) AS floor_first,
    (SELECT array_agg(DISTINCT code ORDER BY code)
        FROM unnest(string_to_array(string_agg(array_to_string(b.codes, chr(31)), chr(31)), chr(31))) AS code) AS codes
FROM (SELECT series.*, lead(bucket) OVER w IS NULL AS last, lag(bucket) OVER w IS NULL AS first
    FROM series WINDOW w AS (PARTITION BY lift_no, wide ORDER BY bucket)) b
GROUP BY b.lift_no, b.wide;

-- name: received
-- Minutes that samples received within a slice belong to. A late one may also be what holds when the next ones begin.
WITH received AS (
    SELECT DISTINCT lift_no, date_bin(interval '1 minute', ts, %(epoch)s) AS bucket, late FROM sample
    WHERE received_at >= %(first)s AND received_at < %(end)s AND ts >= %(oldest)s AND ts < %(newest)s
        AND lift_no <> %(reserved)s
)
SELECT lift_no, bucket FROM received
UNION
SELECT lift_no, bucket + n * interval '1 minute' FROM received, generate_series(1, %(more)s) AS n WHERE late;

-- name: roll_minutes
-- Minutes made anew of their samples, written where they have changed; the answer: the hours that must follow. The span
-- is said besides, so that only the chunks that it touches are opened.
WITH touched AS MATERIALIZED (
    SELECT * FROM unnest(%(lifts)s::integer[], %(buckets)s::timestamptz[]) AS t (lift_no, bucket)
), made AS (
    {buckets_of_samples}
), written AS (
    INSERT INTO sample_minute AS old ({columns}) SELECT {columns} FROM made ORDER BY lift_no, bucket
    ON CONFLICT (lift_no, bucket) DO UPDATE SET {assignments}
    WHERE (old.count, old.known_s, old.moving_s, old.door_open_s, old.occupied_s, old.off_mains_s, old.door_cycles)
        IS DISTINCT FROM (excluded.count, excluded.known_s, excluded.moving_s, excluded.door_open_s,
            excluded.occupied_s, excluded.off_mains_s, excluded.door_cycles)
    RETURNING old.lift_no, old.bucket
)
SELECT lift_no, date_bin(interval '1 hour', bucket, %(epoch)s) AS hour, count(*) AS minutes FROM written GROUP BY 1, 2;

-- name: roll_hours
-- Hours made of their minutes.
WITH series AS (
    SELECT t.hour AS wide, m.* FROM unnest(%(lifts)s::integer[], %(hours)s::timestamptz[]) AS t (lift_no, hour)
    JOIN sample_minute m ON m.lift_no = t.lift_no AND m.bucket >= t.hour AND m.bucket < t.hour + interval '1 hour'
    WHERE m.bucket >= %(first)s AND m.bucket < %(end)s
), made AS (
    {buckets_of_buckets}
)
INSERT INTO sample_hour ({columns}) SELECT {columns} FROM made ORDER BY lift_no, bucket
ON CONFLICT (lift_no, bucket) DO UPDATE SET {assignments};

-- name: history
-- A lift's past in steps, newest first: hours as far as minutes are whole hours, minutes as far as they are rolled up,
-- samples for what is newer and for clocks far off.
WITH rolled AS (
    SELECT coalesce((SELECT max(bucket) + interval '1 minute' FROM sample_minute
        WHERE lift_no = %(lift_no)s AND bucket >= %(since)s AND bucket < %(until)s),
        (SELECT max(bucket) + interval '1 hour' FROM sample_hour
        WHERE lift_no = %(lift_no)s AND bucket >= %(since)s AND bucket < %(until)s), %(since)s) AS minutes
), upto AS (
    SELECT minutes, CASE WHEN %(hours)s THEN date_bin(interval '1 hour', minutes, %(epoch)s) END AS hours FROM rolled
), touched AS MATERIALIZED (
    SELECT DISTINCT lift_no, date_bin(interval '1 minute', ts, %(epoch)s) AS bucket FROM sample
    WHERE lift_no = %(lift_no)s AND ts >= (SELECT minutes FROM upto) AND ts < %(until)s
    UNION
    SELECT DISTINCT lift_no, date_bin(interval '1 minute', ts, %(epoch)s) FROM sample_stray
    WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < %(until)s
), fresh AS (
    {buckets_of_samples}
), parts AS (
    SELECT {columns} FROM sample_hour WHERE lift_no = %(lift_no)s AND bucket >= %(since)s
        AND bucket < least((SELECT hours FROM upto), %(until)s) AND (SELECT hours FROM upto) IS NOT NULL
    UNION ALL
    SELECT {columns} FROM sample_minute WHERE lift_no = %(lift_no)s AND bucket < least((SELECT minutes FROM upto), %(until)s)
        AND bucket >= greatest((SELECT hours FROM upto), %(since)s)
    UNION ALL
    SELECT {columns} FROM fresh
), series AS (
    SELECT date_bin(make_interval(secs => %(step)s), bucket, %(epoch)s) AS wide, parts.* FROM parts
)
SELECT * FROM ({buckets_of_buckets}) wide
WHERE %(before)s::timestamptz IS NULL OR bucket < %(before)s ORDER BY bucket DESC LIMIT %(limit)s;
