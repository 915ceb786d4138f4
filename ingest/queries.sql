-- name: copy_samples
-- The fast way in; the columns stand in the order of ingest.rows.
COPY sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, direction, speed, position,
    occupied, people, load, power, safety_chain, door_command, car_calls, faults, trips, running_hours, temperature,
    replay, late) FROM STDIN (FORMAT binary);

-- name: copy_strays
-- The same for samples whose lift's clock is far off: they make no chunks.
COPY sample_stray (lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, direction, speed,
    position, occupied, people, load, power, safety_chain, door_command, car_calls, faults, trips, running_hours,
    temperature, replay, late) FROM STDIN (FORMAT binary);

-- name: copy_translated
-- Samples whose codes were translated, with what the lift said.
COPY sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, direction, speed, position,
    occupied, people, load, power, safety_chain, door_command, car_calls, faults, trips, running_hours, temperature,
    replay, late, raw_faults) FROM STDIN (FORMAT binary);

-- name: copy_translated_strays
-- The same for samples whose lift's clock is far off.
COPY sample_stray (lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, direction, speed,
    position, occupied, people, load, power, safety_chain, door_command, car_calls, faults, trips, running_hours,
    temperature, replay, late, raw_faults) FROM STDIN (FORMAT binary);

-- name: samples_at
-- What is stored of some lifts for some moments, of boots without a name.
WITH k AS (
    SELECT * FROM unnest(%(lift_nos)s::integer[], %(moments)s::timestamptz[]) AS k (lift_no, ts))
SELECT s.* FROM k JOIN sample s ON s.lift_no = k.lift_no AND s.ts = k.ts AND s.boot = ''
WHERE s.ts BETWEEN %(first)s AND %(last)s
UNION ALL
SELECT s.* FROM k JOIN sample_stray s ON s.lift_no = k.lift_no AND s.ts = k.ts AND s.boot = '';

-- name: events_at
-- The same of events.
SELECT DISTINCT e.lift_no, e.ts, e.seq, e.code, e.text, e.raw, e.active, e.detail
FROM unnest(%(lift_nos)s::integer[], %(moments)s::timestamptz[]) AS k (lift_no, ts)
JOIN event e ON e.lift_no = k.lift_no AND e.boot = '' AND e.ts = k.ts;

-- name: note_unknown_code
-- A raw code that no table knows, counted for its lift; of one lift so many different ones at most.
INSERT INTO unknown_code AS u (lift_no, raw, count, first_seen_at, last_seen_at)
SELECT %(lift_no)s, %(raw)s, %(count)s, %(now)s, %(now)s
WHERE (SELECT count(*) FROM unknown_code WHERE lift_no = %(lift_no)s AND raw <> %(raw)s) < %(most)s
ON CONFLICT (lift_no, raw) DO UPDATE SET count = u.count + excluded.count, last_seen_at = excluded.last_seen_at;

-- name: samples_known
-- Which of these keys are stored already; the range keeps TimescaleDB from looking into every chunk.
WITH k AS (
    SELECT * FROM unnest(%(lift_nos)s::integer[], %(moments)s::timestamptz[], %(boots)s::text[], %(seqs)s::bigint[])
        AS k (lift_no, ts, boot, seq))
SELECT s.lift_no, s.ts, s.boot, s.seq
FROM k JOIN sample s ON s.lift_no = k.lift_no AND s.ts = k.ts AND s.boot = k.boot AND s.seq = k.seq
WHERE s.ts BETWEEN %(first)s AND %(last)s
UNION ALL
SELECT s.lift_no, s.ts, s.boot, s.seq
FROM k JOIN sample_stray s ON s.lift_no = k.lift_no AND s.ts = k.ts AND s.boot = k.boot AND s.seq = k.seq;

-- name: events_known
-- The newest use of each of these keys.
SELECT DISTINCT ON (e.lift_no, e.boot, e.seq, e.ts) e.id, e.lift_no, e.ts, e.boot, e.seq, e.reuse, e.seen_at
FROM unnest(%(lift_nos)s::integer[], %(moments)s::timestamptz[], %(boots)s::text[], %(seqs)s::bigint[])
    AS k (lift_no, ts, boot, seq)
JOIN event e ON e.lift_no = k.lift_no AND e.boot = k.boot AND e.seq = k.seq AND e.ts = k.ts
ORDER BY e.lift_no, e.boot, e.seq, e.ts, e.reuse DESC;

-- name: add_event
-- One event, with what was made of it.
INSERT INTO event (lift_no, ts, boot, seq, reuse, code, text, raw, active, detail, replay, late, review, outcome,
    received_at, seen_at)
VALUES (%(lift_no)s, %(ts)s, %(boot)s, %(seq)s, %(reuse)s, %(code)s, %(text)s, %(raw)s, %(active)s, %(detail)s,
    %(replay)s, %(late)s, %(review)s, %(outcome)s, %(received_at)s, %(seen_at)s);

-- name: event_seen
-- The same key came again.
UPDATE event SET seen_at = greatest(seen_at, %(seen_at)s) WHERE id = %(id)s;

-- name: add_link
-- One statement about the link; said twice in the same words, it stands once.
INSERT INTO link (lift_no, received_at, ts, online, retained, interval_s, firmware)
SELECT %(lift_no)s, %(received_at)s, %(ts)s, %(online)s, %(retained)s, %(interval_s)s, %(firmware)s
WHERE NOT EXISTS (
    SELECT FROM (SELECT ts, online, interval_s, firmware FROM link WHERE lift_no = %(lift_no)s
        ORDER BY received_at DESC, id DESC LIMIT 1) newest
    WHERE (newest.ts, newest.online, newest.interval_s, newest.firmware) IS NOT DISTINCT FROM
        (%(ts)s::timestamptz, %(online)s::boolean, %(interval_s)s::double precision, %(firmware)s::text));

-- name: copy_quarantine
-- Unreadable messages and parts of messages, byte for byte.
COPY quarantine (id, lift_id, topic, payload, digest, reason, detail, received_at) FROM STDIN (FORMAT binary);

-- name: quarantine_known
-- Which of these are kept already, received not longer ago than a broker keeps our session.
SELECT DISTINCT digest FROM quarantine WHERE digest = ANY(%(digests)s) AND received_at >= %(since)s;

-- name: replays_to_do
-- Quarantined messages that a person wants read again, oldest request first; another worker's are skipped.
SELECT id, topic, payload, reason, received_at FROM quarantine
WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL
ORDER BY replay_requested_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- name: replayed
-- What became of a replay.
UPDATE quarantine SET replayed_at = %(now)s, replay_outcome = %(outcome)s WHERE id = %(id)s;

-- name: intake_alive
-- The heartbeat of one lane, and since when it has been listening; workers that share one are as old as the first.
INSERT INTO intake (lane, alive_at, started_at, listening_since)
VALUES (%(lane)s, %(now)s, %(started_at)s, %(listening_since)s)
ON CONFLICT (lane) DO UPDATE SET alive_at = excluded.alive_at, listening_since = excluded.listening_since,
    started_at = CASE WHEN %(shared)s AND intake.alive_at > %(alive_since)s THEN intake.started_at
        ELSE excluded.started_at END;

-- name: claim_notices
-- Messages to lifts that are due, one per topic, the oldest first: a retained one must not overtake a newer one.
UPDATE outbox SET attempts = attempts + 1, lease_until = %(lease_until)s
WHERE id IN (
    SELECT o.id FROM outbox o
    WHERE o.channel = 'mqtt' AND o.due_at <= %(now)s AND (o.lease_until IS NULL OR o.lease_until < %(now)s)
        AND NOT EXISTS (SELECT FROM outbox older WHERE older.channel = 'mqtt' AND older.target = o.target
            AND older.id < o.id AND older.due_at <= %(now)s)
    ORDER BY o.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, target, body, attempts;

-- name: notice_sent
-- The broker has it.
UPDATE outbox SET sent_at = %(now)s, due_at = NULL, lease_until = NULL, error = NULL WHERE id = %(id)s;

-- name: notice_failed
-- Not delivered: tried again when the lease ends, or given up (due_at null).
UPDATE outbox SET error = %(error)s, lease_until = %(again_at)s, failed_at = %(failed_at)s,
    due_at = CASE WHEN %(failed_at)s::timestamptz IS NULL THEN due_at END
WHERE id = %(id)s;

-- name: free_lifts
-- Of these lifts, those whose rule memory nobody else holds locked now.
SELECT l.lift_id FROM lift l JOIN lift_state s USING (lift_no) WHERE l.lift_id = ANY(%(lift_ids)s)
ORDER BY l.lift_no FOR UPDATE OF s SKIP LOCKED;

-- name: heard_lifts
-- Of these lifts, those that have a rule memory.
SELECT l.lift_id FROM lift l JOIN lift_state s USING (lift_no) WHERE l.lift_id = ANY(%(lift_ids)s);

-- name: stale_memories
-- Of these lifts, those about which somebody has decided since this version of their memory.
SELECT n.lift_no FROM unnest(%(lift_nos)s::int[], %(versions)s::bigint[]) AS n (lift_no, version)
LEFT JOIN lift_state s USING (lift_no) WHERE s.version IS DISTINCT FROM n.version;

-- name: wake_lifts
-- Let dispatch look at these lifts now.
UPDATE lift_state SET due_at = %(now)s
WHERE lift_no = ANY(%(lift_nos)s::int[]) AND (due_at IS NULL OR due_at > %(now)s);

-- name: ask_for_lease
-- The lock that ends with this connection, if nobody has it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS mine;

-- name: take_lease
-- A new term; waits for the transactions that hold the row in the old one.
INSERT INTO intake_lease (name, holder, term, taken_at) VALUES (%(name)s, %(holder)s, 1, %(now)s)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = intake_lease.term + 1, taken_at = excluded.taken_at
RETURNING term;

-- name: lease_is_mine
-- Whether the term is still the newest.
SELECT 1 AS yes FROM intake_lease WHERE name = %(name)s AND term = %(term)s;

-- name: hold_lease
-- The same, and nobody may take it before this transaction ends.
SELECT 1 AS yes FROM intake_lease WHERE name = %(name)s AND term = %(term)s FOR SHARE;

-- name: add_gap
-- Numbers that are missing before a lift's newest message.
INSERT INTO sequence_gap (lift_no, topic, boot, first_seq, last_seq, missing, noticed_at)
VALUES (%(lift_no)s, %(topic)s, %(boot)s, %(first)s, %(last)s, %(last)s - %(first)s + 1, %(now)s);

-- name: fill_gap
-- One of them has come after all. A message is stored once, so each number is counted once (twice where a lift gives one
-- number to two moments).
UPDATE sequence_gap SET missing = missing - 1, filled_at = CASE WHEN missing = 1 THEN %(now)s::timestamptz END
WHERE lift_no = %(lift_no)s AND topic = %(topic)s AND boot = %(boot)s AND missing > 0
    AND %(seq)s BETWEEN first_seq AND last_seq;
