-- name: add_lifts
-- Lifts heard for the first time; somebody else may be adding them just now.
INSERT INTO lift (lift_id, created_at, updated_at)
SELECT lift_id, %(now)s, %(now)s FROM unnest(%(lift_ids)s::text[]) AS lift_id ORDER BY lift_id
ON CONFLICT (lift_id) DO NOTHING;

-- name: add_states
-- The empty memory of lifts that have none yet.
INSERT INTO lift_state (lift_no, memory, changed_at)
SELECT lift_no, '{}', %(now)s FROM lift WHERE lift_id = ANY(%(lift_ids)s)
    AND NOT EXISTS (SELECT 1 FROM lift_state s WHERE s.lift_no = lift.lift_no) ORDER BY lift_no
ON CONFLICT (lift_no) DO NOTHING;

-- name: lock_states
-- Registry facts and memory of some lifts, locked in one order for everybody.
SELECT l.lift_no, l.lift_id, l.registered, l.lift_class, l.firm_id, l.drill, l.building, l.rated_speed, l.floors,
    s.memory, s.version,
    EXISTS (SELECT 1 FROM incident i WHERE coalesce(i.lift_no, 0) = l.lift_no AND i.kind = 'fault' AND i.kind <> 'rescue'
        AND coalesce(i.code, '') = 'sensor_fault' AND i.state IN ('confirmed', 'accepted')
        AND i.detail->>'sensor' = 'door_zone') AS zone_sensor_fault
FROM lift l JOIN lift_state s USING (lift_no)
WHERE l.lift_id = ANY(%(lift_ids)s) ORDER BY l.lift_no FOR UPDATE OF s;

-- name: lift_id_of
-- The public id of a lift.
SELECT lift_id FROM lift WHERE lift_no = %(lift_no)s;

-- name: due_lifts
-- Lifts whose memory must be looked at, longest due first; those that another worker holds are its business.
SELECT l.lift_id, s.due_at FROM lift_state s JOIN lift l USING (lift_no)
WHERE s.due_at <= %(now)s ORDER BY s.due_at LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED;

-- name: save_states
-- Memories after a decision, all in one statement; what changed waits to be shown (feed_no null).
UPDATE lift_state s SET memory = n.memory, online = n.online, heard_at = 'epoch'::timestamptz + n.heard_at * interval '1 ms',
    due_at = 'epoch'::timestamptz + n.due_at * interval '1 ms',
    feed_no = NULL, changed_at = %(now)s, version = s.version + 1
FROM unnest(%(lift_nos)s::int[], %(memories)s::bytea[], %(online)s::boolean[], %(heard_at)s::bigint[],
    %(due_at)s::bigint[]) AS n (lift_no, memory, online, heard_at, due_at)
WHERE s.lift_no = n.lift_no;

-- name: write_behind
-- Memories that were kept elsewhere, where nobody has decided about the lift meanwhile; answers whose were written.
UPDATE lift_state s SET memory = n.memory, online = n.online, heard_at = 'epoch'::timestamptz + n.heard_at * interval '1 ms',
    due_at = 'epoch'::timestamptz + n.due_at * interval '1 ms',
    feed_no = NULL, changed_at = %(now)s, version = s.version + 1
FROM unnest(%(lift_nos)s::int[], %(versions)s::bigint[], %(memories)s::bytea[], %(online)s::boolean[],
    %(heard_at)s::bigint[], %(due_at)s::bigint[]) AS n (lift_no, version, memory, online, heard_at, due_at)
WHERE s.lift_no = n.lift_no AND s.version = n.version
RETURNING s.lift_no;

-- name: history_since
-- What was heard of some lifts behind the newest sample that their memories know, in the order it was heard.
SELECT k.lift_no, h.*
FROM unnest(%(lift_nos)s::int[], %(moments)s::timestamptz[], %(boots)s::text[], %(seqs)s::bigint[])
    AS k (lift_no, since, boot, seq)
CROSS JOIN LATERAL (
    SELECT s.ts, s.boot, s.seq, s.received_at, s.mode, s.floor, s.moving, s.door_zone, s.door, s.direction, s.speed,
        s.position, s.occupied, s.people, s.load, s.power, s.safety_chain, s.door_command, s.car_calls, s.faults,
        s.trips, s.running_hours, s.temperature, s.replay
    FROM sample s WHERE s.lift_no = k.lift_no AND s.ts >= k.since AND s.boot = k.boot AND s.seq > k.seq AND NOT s.late
) h ORDER BY k.lift_no, h.seq;

-- name: wake_all
-- Let every lift that talked lately be looked at now: who kept its memory may have died with it.
UPDATE lift_state SET due_at = %(now)s WHERE heard_at > %(since)s AND (due_at IS NULL OR due_at > %(now)s);

-- name: incident_for_update
-- One incident with what deciding needs of its lift, locked.
SELECT i.*, l.firm_id, l.lift_id,
    (SELECT o.id FROM incident o WHERE o.lift_no = i.lift_no AND o.kind = 'rescue' AND o.id <> i.id
        AND o.state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')) AS other_live
FROM incident i LEFT JOIN lift l USING (lift_no) WHERE i.id = %(id)s FOR UPDATE OF i;

-- name: incident_lift
-- Which lift an incident is about, before anything is locked.
SELECT i.id, i.lift_no, l.lift_id FROM incident i LEFT JOIN lift l USING (lift_no) WHERE i.id = %(id)s;

-- name: incident_is_open
-- Whether an incident may be named as the one that another repeats.
SELECT 1 AS yes FROM incident WHERE id = %(id)s AND state NOT IN ('closed', 'cleared', 'cancelled');

-- name: live_rescue
-- The one live rescue of a lift.
SELECT id, state, causes, unreadable FROM incident WHERE lift_no = %(lift_no)s AND kind = 'rescue'
    AND state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived');

-- name: last_rescue
-- The rescue that ended last on a lift, which a new one follows.
SELECT id FROM incident WHERE lift_no = %(lift_no)s AND kind = 'rescue'
    AND state IN ('released', 'closed', 'cancelled') AND coalesce(released_at, closed_at) > %(since)s
ORDER BY id DESC LIMIT 1;

-- name: live_report_of_place
-- A live rescue without a lift at the same place.
SELECT id FROM incident WHERE lift_no IS NULL AND kind = 'rescue' AND place = %(place)s
    AND state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived') LIMIT 1;

-- name: open_finding
-- The open incident of one kind and code on a lift (or on none).
SELECT id, state, causes FROM incident WHERE coalesce(lift_no, 0) = coalesce(%(lift_no)s, 0) AND kind = %(kind)s
    AND coalesce(code, '') = coalesce(%(code)s, '') AND state IN ('confirmed', 'accepted');

-- name: count_finding
-- One more of the same; nothing that anybody must be told.
UPDATE incident SET detail = jsonb_set(detail, '{count}', to_jsonb(coalesce((detail->>'count')::int, 1) + %(count)s))
WHERE id = %(id)s;

-- name: add_incident
-- A new incident.
INSERT INTO incident (id, lift_no, kind, priority, state, reason, code, causes, ringing, waits_for_person, confirm_at,
    opened_at, confirmed_at, event_ts, received_at, drill, unregistered, unreadable, previous, place, caller, detail,
    evidence)
VALUES (%(id)s, %(lift_no)s, %(kind)s, %(priority)s, %(state)s, %(reason)s, %(code)s, %(causes)s, %(ringing)s,
    %(waits)s, %(confirm_at)s, %(now)s, %(confirmed_at)s, %(event_ts)s, %(now)s, %(drill)s, %(unregistered)s,
    %(unreadable)s, %(previous)s, %(place)s, %(caller)s, %(detail)s, %(evidence)s);

-- name: assignments
-- Everybody who was asked, in order.
SELECT id, firm_id, unit_id, tier, state, eta_s, asked_at, accepted_at, arrived_at FROM assignment
WHERE incident_id = %(incident_id)s ORDER BY id;

-- name: add_assignment
-- Somebody is asked, or comes unasked.
INSERT INTO assignment (id, incident_id, firm_id, unit_id, tier, state, eta_s, asked_at, accepted_at, arrived_at)
VALUES (%(id)s, %(incident_id)s, %(firm_id)s, %(unit_id)s, %(tier)s, %(state)s, %(eta_s)s, %(now)s, %(accepted_at)s,
    %(arrived_at)s);

-- name: unit_firm
-- The firm of an active unit.
SELECT firm_id FROM unit WHERE id = %(unit_id)s AND active;

-- name: firm_exists
-- Whether a firm may be asked.
SELECT 1 AS yes FROM firm WHERE id = %(firm_id)s AND active;

-- name: add_timeline
-- One more line of an incident's story.
INSERT INTO timeline (incident_id, n, at, device_at, actor, channel, action, from_state, to_state, reason, note, detail)
SELECT %(incident_id)s, coalesce(max(n), 0) + 1, %(at)s, %(device_at)s, %(actor)s, %(channel)s, %(action)s,
    %(from_state)s, %(to_state)s, %(reason)s, %(note)s, %(detail)s
FROM timeline WHERE incident_id = %(incident_id)s;

-- name: add_feed
-- Something the consoles must be told.
INSERT INTO feed (kind, ref, at) VALUES (%(kind)s, %(ref)s, %(at)s);

-- name: wake_feed
-- Wake the relay; the table is the truth.
SELECT pg_notify('liftline_feed', '');

-- name: add_message
-- One message to be delivered; the key makes a repeated decision one message.
INSERT INTO outbox (key, incident_id, assignment_id, channel, target, body, created_at, due_at)
VALUES (%(key)s, %(incident_id)s, %(assignment_id)s, %(channel)s, %(target)s, %(body)s, %(now)s, %(due_at)s)
ON CONFLICT (key) DO NOTHING RETURNING id;

-- name: webhooks_for
-- Active webhooks that see an incident: those of everybody, of the lift's firm and of the firms asked.
SELECT id FROM webhook WHERE active AND (firm_id IS NULL OR firm_id = ANY(%(firm_ids)s)) ORDER BY id;

-- name: drop_empty_notices
-- A lift with a new story keeps its notice: forget the pending ones that would empty it.
UPDATE outbox SET due_at = NULL WHERE channel = 'mqtt' AND target = %(topic)s AND sent_at IS NULL
    AND body->>'payload' = '';

-- name: claim_messages
-- Take due messages of one channel for a while; nothing is sent while a row is locked.
UPDATE outbox SET lease_until = %(lease_until)s, attempts = attempts + 1
WHERE id IN (SELECT id FROM outbox WHERE channel = %(channel)s AND due_at <= %(now)s
    AND (lease_until IS NULL OR lease_until < %(now)s) ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, key, incident_id, assignment_id, target, body, attempts, created_at;

-- name: message_sent
-- Delivered.
UPDATE outbox SET sent_at = %(now)s, due_at = NULL, lease_until = NULL, error = NULL WHERE id = %(id)s;

-- name: message_failed
-- Not delivered; again at `due_at`, or given up where that is null.
UPDATE outbox SET due_at = %(due_at)s, lease_until = NULL, error = %(error)s,
    failed_at = CASE WHEN %(due_at)s::timestamptz IS NULL THEN %(now)s ELSE NULL END WHERE id = %(id)s;

-- name: webhook
-- Where a message goes.
SELECT id, url, secret, active FROM webhook WHERE id = %(id)s;

-- name: recent_samples
-- Samples for the evidence: those of the last while by the lift's clock, and at least some; a clock far off has its own.
(SELECT * FROM sample WHERE lift_no = %(lift_no)s AND ts BETWEEN %(since)s AND %(until)s ORDER BY ts DESC, seq DESC LIMIT 400)
UNION
(SELECT * FROM sample_stray WHERE lift_no = %(lift_no)s AND ts BETWEEN %(since)s AND %(until)s
ORDER BY ts DESC, seq DESC LIMIT 400)
UNION
(SELECT * FROM (
    (SELECT * FROM sample WHERE lift_no = %(lift_no)s AND ts <= %(until)s ORDER BY ts DESC, seq DESC LIMIT %(least)s)
    UNION ALL
    (SELECT * FROM sample_stray WHERE lift_no = %(lift_no)s AND ts <= %(until)s ORDER BY ts DESC, seq DESC LIMIT %(least)s)
) newest ORDER BY ts DESC, seq DESC LIMIT %(least)s)
ORDER BY ts, seq;

-- name: recent_events
-- Events for the evidence.
SELECT ts, boot, seq, code, text, raw, active, detail, replay, late, outcome, received_at FROM event
WHERE lift_no = %(lift_no)s AND received_at >= %(since)s ORDER BY received_at, id LIMIT 400;

-- name: intake
-- Whether and since when we are listening.
SELECT lane, alive_at, started_at, listening_since FROM intake;

-- name: service_alive
-- A service's heartbeat.
INSERT INTO service (name, alive_at) VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET alive_at = EXCLUDED.alive_at;

-- name: incident_object
-- An incident as a webhook gets it.
SELECT i.*, l.lift_id, l.rescue_code, l.name, l.address, l.building, l.district, l.lat, l.lon, l.firm_id
FROM incident i LEFT JOIN lift l USING (lift_no) WHERE i.id = %(id)s;

-- name: purge_feed
-- Feed lines that no console can still be waiting for; the oldest number that can be resumed from goes up with it.
WITH gone AS (DELETE FROM feed WHERE no IS NOT NULL AND at < %(before)s RETURNING no)
UPDATE feed_head SET oldest = greatest(oldest, (SELECT coalesce(max(no), 0) FROM gone));

-- name: purge_signins
-- Sign-ins, sessions and first answers that have served their time.
WITH a AS (DELETE FROM signin_failure WHERE at < %(before)s), b AS (DELETE FROM session WHERE expires_at < %(now)s),
    c AS (DELETE FROM signin_link WHERE expires_at < %(before)s)
DELETE FROM idempotency WHERE created_at < %(before)s;

-- name: put_off
-- Look at a lift again later.
UPDATE lift_state SET due_at = %(due_at)s WHERE lift_no = (SELECT lift_no FROM lift WHERE lift_id = %(lift_id)s);
