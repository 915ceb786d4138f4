-- name: lifts
-- A page of the registry, newest first; `q` searches what a person would type.
SELECT {lift_columns}
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id LEFT JOIN lift_state s USING (lift_no)
WHERE {scope_lift}
    AND (%(q)s::text IS NULL OR concat_ws(' ', l.lift_id, l.rescue_code, l.name, l.address, l.building) ILIKE %(q)s)
    AND (%(registered)s::boolean IS NULL OR l.registered = %(registered)s)
    AND (%(after)s::int IS NULL OR l.lift_no < %(after)s)
ORDER BY l.lift_no DESC LIMIT %(limit)s;

-- name: lift
-- One lift by its public id.
SELECT {lift_columns}
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id LEFT JOIN lift_state s USING (lift_no)
WHERE {scope_lift} AND l.lift_id = %(lift_id)s;

-- name: lift_by_code
-- The lift whose code a caller reads out.
SELECT l.lift_no, l.lift_id FROM lift l WHERE {scope_lift} AND l.rescue_code = %(rescue_code)s;

-- name: lock_lift_states
-- Hold the memories of lifts before their registry rows change: the order that intake uses.
SELECT s.lift_no FROM lift_state s JOIN lift l USING (lift_no) WHERE l.lift_id = ANY(%(lift_ids)s)
ORDER BY s.lift_no FOR UPDATE OF s;

-- name: lifts_for_update
-- Registry rows that an import or a form may change.
SELECT l.* FROM lift l WHERE l.lift_id = ANY(%(lift_ids)s) ORDER BY l.lift_no FOR UPDATE;

-- name: codes_taken
-- Rescue codes that other lifts have.
SELECT rescue_code, lift_id FROM lift WHERE rescue_code = ANY(%(codes)s) AND NOT lift_id = ANY(%(lift_ids)s);

-- name: free_codes
-- Let go of codes, so that lifts of one file may exchange theirs; the same transaction registers them again.
UPDATE lift SET registered = false, rescue_code = NULL WHERE lift_id = ANY(%(lift_ids)s);

-- name: save_lifts
-- Registry rows, new or changed, all in one statement.
INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, address, building, district, feeder, gateway,
    lat, lon, firm_id, model, rated_speed, load_rated, floors, commissioned_on, drill, created_at, updated_at)
SELECT x.lift_id, true, x.rescue_code, x.name, x.lift_class, x.address, x.building, x.district, x.feeder, x.gateway,
    x.lat, x.lon, x.firm_id, x.model, x.rated_speed, x.load_rated, x.floors, x.commissioned_on, x.drill, %(now)s, %(now)s
FROM jsonb_to_recordset(%(rows)s) AS x (lift_id text, rescue_code text, name text, lift_class text, address text,
    building text, district text, feeder text, gateway text, lat double precision, lon double precision, firm_id text,
    model text, rated_speed double precision, load_rated double precision, floors text[], commissioned_on date,
    drill boolean)
ORDER BY x.lift_id
ON CONFLICT (lift_id) DO UPDATE SET registered = true, rescue_code = EXCLUDED.rescue_code, name = EXCLUDED.name,
    lift_class = EXCLUDED.lift_class, address = EXCLUDED.address, building = EXCLUDED.building,
    district = EXCLUDED.district, feeder = EXCLUDED.feeder, gateway = EXCLUDED.gateway, lat = EXCLUDED.lat,
    lon = EXCLUDED.lon, firm_id = EXCLUDED.firm_id, model = EXCLUDED.model, rated_speed = EXCLUDED.rated_speed,
    load_rated = EXCLUDED.load_rated, floors = EXCLUDED.floors, commissioned_on = EXCLUDED.commissioned_on,
    drill = EXCLUDED.drill, updated_at = EXCLUDED.updated_at;

-- name: show_lifts
-- Have changed registry rows shown on the consoles.
UPDATE lift_state SET feed_no = NULL, version = version + 1 WHERE lift_no IN (SELECT lift_no FROM lift WHERE lift_id = ANY(%(lift_ids)s));

-- name: lifts_of_firm
-- Those of some lifts that are contracted to a firm.
SELECT lift_id FROM lift WHERE lift_id = ANY(%(lift_ids)s) AND registered AND firm_id = %(firm_id)s;

-- name: lifts_to_export
-- Registered lifts in the actor's care, as a file has them.
SELECT l.lift_id, l.rescue_code, l.name, l.lift_class, l.address, l.building, l.district, l.feeder, l.gateway, l.lat,
    l.lon, f.name AS firm, l.model, l.rated_speed, l.load_rated, array_to_string(l.floors, ' ') AS floors,
    l.commissioned_on::text AS commissioned_on, CASE WHEN l.drill THEN 'true' ELSE 'false' END AS drill
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id WHERE l.registered AND {scope_upkeep} ORDER BY l.lift_id;

-- name: samples
-- A page of stored samples of one lift, newest first; those of a clock far off stand in a table of their own.
SELECT * FROM (
    (SELECT * FROM sample WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < %(until)s
        AND (%(ts)s::timestamptz IS NULL OR (ts, boot, seq) < (%(ts)s, %(boot)s::text, %(seq)s::bigint))
    ORDER BY ts DESC, boot DESC, seq DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT * FROM sample_stray WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < %(until)s
        AND (%(ts)s::timestamptz IS NULL OR (ts, boot, seq) < (%(ts)s, %(boot)s::text, %(seq)s::bigint))
    ORDER BY ts DESC, boot DESC, seq DESC LIMIT %(limit)s)
) both_tables ORDER BY ts DESC, boot DESC, seq DESC LIMIT %(limit)s;

-- name: sample_buckets
-- The last sample of each step, newest first, with how many there were and how far the figures went.
SELECT DISTINCT ON (bucket) date_bin(make_interval(secs => %(step)s), ts, %(origin)s) AS bucket, s.*,
    count(*) OVER w AS count, min(speed) OVER w AS speed_min, max(speed) OVER w AS speed_max,
    min(position) OVER w AS position_min, max(position) OVER w AS position_max,
    min(load) OVER w AS load_min, max(load) OVER w AS load_max,
    min(temperature) OVER w AS temperature_min, max(temperature) OVER w AS temperature_max
FROM (
    SELECT * FROM sample WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < least(%(until)s, %(before)s::timestamptz)
    UNION ALL
    SELECT * FROM sample_stray WHERE lift_no = %(lift_no)s AND ts >= %(since)s
        AND ts < least(%(until)s, %(before)s::timestamptz)
) s
WINDOW w AS (PARTITION BY date_bin(make_interval(secs => %(step)s), ts, %(origin)s))
ORDER BY bucket DESC, ts DESC, boot DESC, seq DESC LIMIT %(limit)s;

-- name: events
-- A page of stored events, newest first.
SELECT e.*, l.lift_id FROM event e JOIN lift l USING (lift_no)
WHERE {scope_lift} AND (%(lift_no)s::int IS NULL OR e.lift_no = %(lift_no)s)
    AND (NOT %(review)s OR e.review) AND (%(code)s::text IS NULL OR e.code = %(code)s)
    AND (%(since)s::timestamptz IS NULL OR e.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR e.received_at < %(until)s)
    AND (%(after)s::bigint IS NULL OR e.id < %(after)s)
ORDER BY e.id DESC LIMIT %(limit)s;

-- name: gaps
-- A page of the numbers that are missing between a lift's messages, newest first.
SELECT g.*, l.lift_id FROM sequence_gap g JOIN lift l USING (lift_no)
WHERE g.lift_no = %(lift_no)s AND (NOT %(open)s OR g.missing > 0) AND (%(after)s::bigint IS NULL OR g.id < %(after)s)
ORDER BY g.id DESC LIMIT %(limit)s;

-- name: zone_doubt
-- Whether the door zone sensor of a lift is known to be faulty.
SELECT EXISTS (SELECT 1 FROM incident i WHERE coalesce(i.lift_no, 0) = %(lift_no)s AND i.kind = 'fault' AND i.kind <> 'rescue'
    AND coalesce(i.code, '') = 'sensor_fault' AND i.state IN ('confirmed', 'accepted')
    AND i.detail->>'sensor' = 'door_zone') AS zone_sensor_fault;
