-- name: add_lifts
-- Lifts heard for the first time; somebody else may be adding them just now.
INSERT INTO lift (lift_id, created_at, updated_at)
SELECT lift_id, %(now)s, %(now)s FROM unnest(%(lift_ids)s::text[]) AS lift_id ORDER BY lift_id
ON CONFLICT (lift_id) DO NOTHING;

-- name: add_states
-- The empty memory of lifts that have none yet, with their registry facts as in `lock_states`; without those that
-- somebody else was adding just now.
WITH s AS (
    INSERT INTO lift_state (lift_no, memory, changed_at)
    SELECT lift_no, '{}', %(now)s FROM lift WHERE lift_id = ANY(%(lift_ids)s) ORDER BY lift_no
    ON CONFLICT (lift_no) DO NOTHING
    RETURNING lift_no, memory, version, power_lost_at, link_lost_at
)
SELECT l.lift_no, l.lift_id, l.registered, l.lift_class, l.model, l.firm_id, l.drill, l.building, l.rated_speed, l.floors,
    s.memory, s.version, s.power_lost_at, s.link_lost_at, false AS zone_sensor_fault, true AS new
FROM s JOIN lift l USING (lift_no);

-- name: lock_states
-- Registry facts and memory of some lifts, locked in one order for everybody.
SELECT l.lift_no, l.lift_id, l.registered, l.lift_class, l.model, l.firm_id, l.drill, l.building, l.rated_speed, l.floors,
    s.memory, s.version, s.power_lost_at, s.link_lost_at,
    EXISTS (SELECT 1 FROM incident i WHERE coalesce(i.lift_no, 0) = l.lift_no AND i.kind = 'fault' AND i.kind <> 'rescue'
        AND coalesce(i.code, '') = 'sensor_fault' AND i.state IN ('confirmed', 'accepted')
        AND i.detail->>'sensor' = 'door_zone') AS zone_sensor_fault, false AS new
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

-- name: save_outages
-- What lifts have lost, where that has changed.
UPDATE lift_state s SET power_lost_at = 'epoch'::timestamptz + n.power_lost_at * interval '1 ms',
    link_lost_at = 'epoch'::timestamptz + n.link_lost_at * interval '1 ms'
FROM unnest(%(lift_nos)s::int[], %(power)s::bigint[], %(link)s::bigint[]) AS n (lift_no, power_lost_at, link_lost_at)
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

-- name: heard_at
-- When a lift was heard last.
SELECT heard_at FROM lift_state WHERE lift_no = %(lift_no)s;

-- name: heard_lately
-- The newest samples of a lift that were not late, as they were heard since, oldest first.
SELECT * FROM (SELECT * FROM sample WHERE lift_no = %(lift_no)s AND NOT late ORDER BY ts DESC, seq DESC LIMIT 1000) newest
WHERE received_at >= %(since)s ORDER BY received_at, ts, seq;

-- name: codes_by_events
-- The last that events have said of each code of a lift, of its newest events.
SELECT DISTINCT ON (code, CASE WHEN code = 'other' THEN text END) code, text, ts, boot, seq, active, received_at FROM (
    SELECT * FROM event WHERE lift_no = %(lift_no)s AND received_at >= %(since)s AND NOT late
    ORDER BY received_at DESC LIMIT 2000) newest
ORDER BY code, CASE WHEN code = 'other' THEN text END, received_at DESC, id DESC;

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

-- name: hold_incidents
-- Some incidents, held in one order for everybody.
SELECT id FROM incident WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE;

-- name: reported_at
-- When some incidents were reported by people, each time in order.
SELECT incident_id, array_agg(at ORDER BY n) AS at FROM timeline
WHERE incident_id = ANY(%(ids)s) AND (action = 'report' OR (action = 'open' AND reason = 'caller')) GROUP BY incident_id;

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
SELECT id, state, causes, priority FROM incident WHERE coalesce(lift_no, 0) = coalesce(%(lift_no)s, 0) AND kind = %(kind)s
    AND coalesce(code, '') = coalesce(%(code)s, '') AND state IN ('confirmed', 'accepted');

-- name: count_finding
-- One more of the same; nothing that anybody must be told.
UPDATE incident SET detail = jsonb_set(detail, '{count}', to_jsonb(coalesce((detail->>'count')::int, 1) + %(count)s))
WHERE id = %(id)s;

-- name: add_detail
-- More is known of an incident.
UPDATE incident SET detail = detail || %(detail)s WHERE id = %(id)s;

-- name: add_incident
-- A new incident.
INSERT INTO incident (id, lift_no, kind, priority, state, reason, code, causes, ringing, waits_for_person, confirm_at,
    opened_at, confirmed_at, event_ts, received_at, drill, unregistered, unreadable, previous, place, callers, area,
    detail, evidence)
VALUES (%(id)s, %(lift_no)s, %(kind)s, %(priority)s, %(state)s, %(reason)s, %(code)s, %(causes)s, %(ringing)s,
    %(waits)s, %(confirm_at)s, %(now)s, %(confirmed_at)s, %(event_ts)s, %(now)s, %(drill)s, %(unregistered)s,
    %(unreadable)s, %(previous)s, %(place)s, %(callers)s, %(area)s, %(detail)s, %(evidence)s);

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

-- name: tell
-- Messages about an incident, a feed line for each that consoles show and, where asked, one for the incident behind them.
WITH told AS (
    INSERT INTO outbox (key, incident_id, channel, target, body, created_at, due_at)
    SELECT m.key, %(incident_id)s, m.channel, m.target, m.body, %(now)s, m.due_at
    FROM unnest(%(keys)s::text[], %(channels)s::text[], %(targets)s::text[], %(bodies)s::jsonb[], %(dues)s::timestamptz[])
        WITH ORDINALITY AS m (key, channel, target, body, due_at, n) ORDER BY m.n
    ON CONFLICT (key) DO NOTHING RETURNING id, channel
)
INSERT INTO feed (kind, ref, at)
SELECT f.kind, f.ref, %(now)s FROM (
    SELECT 'message' AS kind, id::text AS ref, id AS n FROM told WHERE channel = 'console'
    UNION ALL SELECT 'incident', %(incident_id)s, NULL WHERE %(changed)s
) AS f ORDER BY f.n NULLS LAST;

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

-- name: group_turn
-- One worker at a time gathers lifts into groups, until its transaction ends.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS mine;

-- name: lost_lifts
-- Lifts that have lost power or link of late, with the open groups they stand in and when the last one ended for them.
SELECT s.lift_no, l.feeder, l.gateway, l.building, l.drill, s.power_lost_at, s.link_lost_at, m.*
FROM lift_state s JOIN lift l USING (lift_no) CROSS JOIN LATERAL (
    SELECT max(a.incident_id) FILTER (WHERE a.kind = 'area' AND g.open) AS area,
        max(a.incident_id) FILTER (WHERE a.kind = 'blind' AND g.open) AS blind,
        max(g.ended_at) FILTER (WHERE a.kind = 'area' AND NOT g.open) AS area_left_at,
        max(g.ended_at) FILTER (WHERE a.kind = 'blind' AND NOT g.open) AS blind_left_at
    FROM area_lift a JOIN incident i ON i.id = a.incident_id CROSS JOIN LATERAL (SELECT
        a.left_at IS NULL AND i.state IN ('confirmed', 'accepted') AS open, coalesce(a.left_at, i.closed_at) AS ended_at) g
    WHERE a.lift_no = s.lift_no) m
WHERE (s.power_lost_at IS NOT NULL OR s.link_lost_at IS NOT NULL)
    AND greatest(s.power_lost_at, s.link_lost_at) > %(since)s
ORDER BY s.lift_no;

-- name: talking_lifts
-- How many lifts talk.
SELECT count(*) AS count FROM lift_state WHERE online AND link_lost_at IS NULL;

-- name: open_groups
-- Open area incidents and the alarm that says we are blind, held while they are judged.
SELECT id, kind, code, state, opened_at, area, ringing, acknowledged_at, detail, version FROM incident
WHERE state IN ('confirmed', 'accepted') AND (kind = 'area' OR (kind = 'system' AND code = 'blind'))
ORDER BY id FOR NO KEY UPDATE;

-- name: leave_groups
-- Lifts that move to another group of the kind.
DELETE FROM area_lift WHERE kind = %(kind)s AND lift_no = ANY(%(lift_nos)s) AND left_at IS NULL;

-- name: join_group
-- Lifts that now stand in a group.
INSERT INTO area_lift (incident_id, lift_no, kind, since, lost)
SELECT %(incident_id)s, n.lift_no, %(kind)s, 'epoch'::timestamptz + n.since * interval '1 ms', n.lost
FROM unnest(%(lift_nos)s::int[], %(since)s::bigint[], %(lost)s::text[]) AS n (lift_no, since, lost)
ON CONFLICT (incident_id, lift_no) DO UPDATE SET since = excluded.since, lost = excluded.lost, back_at = NULL,
    settled_at = NULL, left_at = NULL, seen = NULL;

-- name: changed_members
-- Lifts of open groups that somebody has decided about, or whose rescue has gone on, since they were last looked at.
SELECT a.incident_id, a.lift_no, a.kind, a.since, a.lost, a.occupied, a.rescue, a.back_at, l.lift_class, l.registered,
    l.rated_speed, l.floors,
    EXISTS (SELECT 1 FROM incident f WHERE coalesce(f.lift_no, 0) = l.lift_no AND f.kind = 'fault' AND f.kind <> 'rescue'
        AND coalesce(f.code, '') = 'sensor_fault' AND f.state IN ('confirmed', 'accepted')
        AND f.detail->>'sensor' = 'door_zone') AS zone_sensor_fault,
    s.memory, s.version, s.power_lost_at, s.link_lost_at, s.heard_at, r.id AS live, a.rescue_state,
    coalesce(r.state, k.state) AS state_now
FROM area_lift a JOIN incident i ON i.id = a.incident_id AND i.state IN ('confirmed', 'accepted')
    JOIN lift_state s ON s.lift_no = a.lift_no JOIN lift l ON l.lift_no = a.lift_no
    LEFT JOIN incident r ON r.lift_no = a.lift_no AND r.kind = 'rescue'
        AND r.state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')
    LEFT JOIN incident k ON k.id = a.rescue
WHERE a.left_at IS NULL AND (a.seen IS DISTINCT FROM s.version OR k.state IS DISTINCT FROM a.rescue_state)
ORDER BY a.lift_no LIMIT %(limit)s;

-- name: see_members
-- How lifts of groups are now.
UPDATE area_lift a SET occupied = n.occupied, rescue = n.rescue, rescue_state = n.rescue_state, seen = n.seen,
    since = 'epoch'::timestamptz + n.since * interval '1 ms', back_at = 'epoch'::timestamptz + n.back_at * interval '1 ms',
    settled_at = CASE WHEN n.back_at IS NULL THEN NULL ELSE a.settled_at END
FROM unnest(%(incident_ids)s::text[], %(lift_nos)s::int[], %(occupied)s::boolean[], %(rescues)s::text[],
    %(rescue_states)s::text[], %(since)s::bigint[], %(back_at)s::bigint[], %(seen)s::bigint[])
    AS n (incident_id, lift_no, occupied, rescue, rescue_state, since, back_at, seen)
WHERE a.incident_id = n.incident_id AND a.lift_no = n.lift_no;

-- name: group_counts
-- What is to be said of open groups.
SELECT a.incident_id, count(*) AS lifts, count(*) FILTER (WHERE a.occupied) AS occupied,
    count(*) FILTER (WHERE a.back_at IS NULL) AS out, bool_or(a.lost = 'power') AS power, max(a.back_at) AS back_at
FROM area_lift a WHERE a.incident_id = ANY(%(ids)s) AND a.left_at IS NULL GROUP BY a.incident_id;

-- name: to_fold
-- Open findings that a group stands for now and nobody has accepted, but those that failed and wait; those that somebody
-- holds wait for the next look.
SELECT i.id, a.incident_id AS group_id FROM incident i
    JOIN area_lift a ON a.lift_no = i.lift_no AND a.left_at IS NULL AND a.back_at IS NULL AND i.opened_at >= a.since
    JOIN incident g ON g.id = a.incident_id AND g.state IN ('confirmed', 'accepted')
WHERE i.state = 'confirmed' AND i.id <> ALL(%(paused)s::text[]) AND (i.kind = 'offline' OR (i.kind = 'fault' AND a.kind = 'area' AND a.seen IS NOT NULL
    AND a.occupied IS NOT TRUE AND i.code <> ALL(%(kept)s) AND i.priority = ANY(%(priorities)s)))
ORDER BY i.id, a.kind LIMIT %(limit)s FOR NO KEY UPDATE OF i SKIP LOCKED;

-- name: rescues_of_groups
-- Live rescues of lifts in groups that do not name their group yet, or ring although the alarm of our blindness does.
SELECT i.id, i.state, i.causes, coalesce(a.incident_id, b.incident_id) AS group_id,
    CASE WHEN a.incident_id IS NULL THEN 'blind' ELSE 'area' END AS kind, b.incident_id IS NOT NULL AS blind
FROM incident i
    LEFT JOIN (area_lift a JOIN incident ag ON ag.id = a.incident_id AND ag.state IN ('confirmed', 'accepted'))
        ON a.lift_no = i.lift_no AND a.kind = 'area' AND a.left_at IS NULL
    LEFT JOIN (area_lift b JOIN incident bg ON bg.id = b.incident_id AND bg.state IN ('confirmed', 'accepted'))
        ON b.lift_no = i.lift_no AND b.kind = 'blind' AND b.left_at IS NULL
WHERE i.kind = 'rescue' AND i.state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')
    AND coalesce(a.incident_id, b.incident_id) IS NOT NULL AND i.id <> ALL(%(paused)s::text[])
    AND (i.area IS DISTINCT FROM coalesce(a.incident_id, b.incident_id)
        OR (b.incident_id IS NOT NULL AND i.ringing AND i.state = 'suspected' AND i.causes = '{silence}'))
ORDER BY i.id LIMIT %(limit)s FOR NO KEY UPDATE OF i SKIP LOCKED;

-- name: group_of_lift
-- The groups that stand for a lift now.
SELECT a.kind, a.incident_id FROM area_lift a JOIN incident i ON i.id = a.incident_id
WHERE a.lift_no = %(lift_no)s AND a.left_at IS NULL AND a.back_at IS NULL AND i.state IN ('confirmed', 'accepted');

-- name: to_settle
-- Lifts that a group stands for no more: they are back, or the group has ended. Without those that failed and wait.
SELECT a.incident_id, a.lift_no, a.kind, a.back_at, l.lift_id, i.state FROM area_lift a
    JOIN incident i ON i.id = a.incident_id JOIN lift l ON l.lift_no = a.lift_no
WHERE a.left_at IS NULL AND ((a.back_at IS NOT NULL AND a.settled_at IS NULL) OR i.state NOT IN ('confirmed', 'accepted'))
    AND a.incident_id || ':' || a.lift_no <> ALL(%(paused)s::text[])
ORDER BY a.lift_no LIMIT %(limit)s;

-- name: settled
-- They have been looked after.
UPDATE area_lift a SET settled_at = %(now)s,
    left_at = CASE WHEN i.state IN ('confirmed', 'accepted') THEN a.left_at ELSE coalesce(i.closed_at, %(now)s) END
FROM unnest(%(incident_ids)s::text[], %(lift_nos)s::int[]) AS n (incident_id, lift_no) JOIN incident i ON i.id = n.incident_id
WHERE a.incident_id = n.incident_id AND a.lift_no = n.lift_no;

-- name: silent_rescue
-- The suspicion of a silent car that does not ring.
SELECT id FROM incident WHERE lift_no = %(lift_no)s AND kind = 'rescue' AND state = 'suspected'
    AND waits_for_person AND NOT ringing AND acknowledged_at IS NULL;

-- name: areas_of_blindness
-- Open area incidents that an alarm which is over has rung for.
SELECT a.id FROM incident a JOIN incident b ON b.id = a.area
WHERE a.kind = 'area' AND a.state = 'confirmed' AND NOT a.ringing AND a.acknowledged_at IS NULL
    AND b.state NOT IN ('confirmed', 'accepted') FOR NO KEY UPDATE OF a SKIP LOCKED;

-- name: on_site
-- Who works at a lift just now.
SELECT id, firm_id, unit_id FROM visit WHERE lift_no = %(lift_no)s AND state = 'on_site' ORDER BY id;
