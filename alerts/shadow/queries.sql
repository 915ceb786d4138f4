-- name: take_turn
-- The lock that ends with this connection: one process tries the policy at a time.
SELECT pg_try_advisory_lock(%(lock)s) AS mine;

-- name: run
-- The run that is not over.
SELECT id, thresholds, began_at, heard_until, kept_until, heard, missed FROM shadow_run WHERE ended_at IS NULL;

-- name: begin_run
-- A new one.
INSERT INTO shadow_run (id, thresholds, began_at, heard_until, kept_until, alive_at)
VALUES (%(id)s, %(thresholds)s, %(began_at)s, %(from)s, %(from)s, %(now)s);

-- name: end_run
-- Its policy was changed, or its memories are of too long ago.
UPDATE shadow_run SET ended_at = %(now)s WHERE ended_at IS NULL;

-- name: forget_memories
-- Of the run before.
DELETE FROM shadow_memory;

-- name: forget_incidents
-- Of runs that were over long ago.
DELETE FROM shadow_incident WHERE run_id IN (SELECT id FROM shadow_run WHERE ended_at < %(before)s);

-- name: forget_runs
-- And the runs themselves.
DELETE FROM shadow_run WHERE ended_at < %(before)s;

-- name: memories
-- As they were kept.
SELECT lift_no, memory, due_ms FROM shadow_memory;

-- name: open_incidents
-- What these memories held open.
SELECT id, lift_no, kind, code, priority, reason, causes, presses, opened_at, confirmed_at, rang_at, recovered_at
FROM shadow_incident WHERE run_id = %(run_id)s AND opened_at <= %(kept_until)s
    AND (ended_at IS NULL OR ended_at > %(kept_until)s);

-- name: lifts
-- Registry facts of the lifts that were entered or changed lately, or whose door-zone sensor began or ceased to be faulty.
SELECT l.*, EXISTS (SELECT FROM incident i WHERE i.lift_no = l.lift_no AND i.kind = 'fault' AND i.code = 'sensor_fault'
    AND i.detail->>'sensor' = 'door_zone' AND i.state IN ('confirmed', 'accepted')) AS zone_sensor_fault
FROM lift l WHERE l.updated_at >= %(since)s OR l.lift_no IN (SELECT i.lift_no FROM incident i
    WHERE i.kind = 'fault' AND i.code = 'sensor_fault' AND (i.opened_at >= %(since)s OR i.closed_at >= %(since)s));

-- name: intake
-- The heartbeats of the intake's lanes.
SELECT lane, alive_at, started_at, listening_since FROM intake;

-- name: samples
-- Samples in the order of their receipt; those of lifts whose clock is far off stand in a table of their own.
SELECT lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, direction, speed, position, occupied,
    people, load, power, safety_chain, door_command, car_calls, faults, trips, running_hours, temperature, replay
FROM (
    SELECT * FROM sample WHERE received_at > %(after)s AND received_at <= %(until)s AND ts >= %(oldest)s
        AND ts < %(newest)s
    UNION ALL
    SELECT * FROM sample_stray WHERE received_at > %(after)s AND received_at <= %(until)s
) both_tables
ORDER BY received_at, lift_no, ts, seq LIMIT %(limit)s;

-- name: events
-- Events in the order of their receipt.
SELECT lift_no, ts, boot, seq, reuse, code, text, raw, active, detail, replay, received_at FROM event
WHERE received_at > %(after)s AND received_at <= %(until)s ORDER BY received_at, id LIMIT %(limit)s;

-- name: links
-- What was told of links, in the order of its receipt.
SELECT lift_no, received_at, ts, online, retained, interval_s, firmware FROM link
WHERE received_at > %(after)s AND received_at <= %(until)s ORDER BY received_at, id LIMIT %(limit)s;

-- name: counted
-- How many rows stand there now.
SELECT (SELECT count(*) FROM sample WHERE received_at > %(after)s AND received_at <= %(until)s AND ts >= %(oldest)s
        AND ts < %(newest)s)
    + (SELECT count(*) FROM sample_stray WHERE received_at > %(after)s AND received_at <= %(until)s)
    + (SELECT count(*) FROM event WHERE received_at > %(after)s AND received_at <= %(until)s)
    + (SELECT count(*) FROM link WHERE received_at > %(after)s AND received_at <= %(until)s) AS rows;

-- name: live_of
-- Of these lifts, the live rescue of each, and the last that a person ended after a moment.
SELECT lift_no, bool_or(state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')) AS is_live,
    max(coalesce(released_at, closed_at)) FILTER (WHERE state IN ('released', 'closed', 'cancelled')) AS ended_at
FROM incident WHERE kind = 'rescue' AND lift_no = ANY(%(lift_nos)s)
    AND (state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')
        OR coalesce(released_at, closed_at) > %(since)s)
GROUP BY lift_no;

-- name: keep_memories
-- Memories after what was heard.
INSERT INTO shadow_memory AS old (lift_no, memory, due_ms)
SELECT * FROM unnest(%(lift_nos)s::integer[], %(memories)s::bytea[], %(due_ms)s::bigint[])
ON CONFLICT (lift_no) DO UPDATE SET memory = excluded.memory, due_ms = excluded.due_ms;

-- name: keep_incident
-- One that was opened or has changed.
INSERT INTO shadow_incident (id, run_id, lift_no, kind, code, priority, reason, causes, presses, opened_at, confirmed_at,
    rang_at, recovered_at, ended_at, ended)
VALUES (%(id)s, %(run_id)s, %(lift_no)s, %(kind)s, %(code)s, %(priority)s, %(reason)s, %(causes)s, %(presses)s,
    %(opened_at)s, %(confirmed_at)s, %(rang_at)s, %(recovered_at)s, %(ended_at)s, %(ended)s)
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, causes = excluded.causes, presses = excluded.presses,
    confirmed_at = excluded.confirmed_at, rang_at = excluded.rang_at, recovered_at = excluded.recovered_at,
    ended_at = excluded.ended_at, ended = excluded.ended;

-- name: progress
-- How far it has heard, and that it lives.
UPDATE shadow_run SET heard_until = %(heard_until)s, heard = %(heard)s, missed = %(missed)s, alive_at = %(now)s
WHERE id = %(id)s;

-- name: kept
-- The memories are as of then.
UPDATE shadow_run SET kept_until = %(kept_until)s WHERE id = %(id)s;
