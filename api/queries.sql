-- name: scope_incident
-- A part of other queries: whether an actor may see incident `i` on lift `l`; who works there sees what is open.
(%(sees_all)s
 OR (%(role)s = 'firm' AND (l.firm_id = %(firm_id)s OR EXISTS (
        SELECT 1 FROM assignment sa WHERE sa.incident_id = i.id AND sa.firm_id = %(firm_id)s)))
 OR (%(role)s = 'responder' AND EXISTS (SELECT 1 FROM assignment sa WHERE sa.incident_id = i.id
        AND (sa.unit_id = %(unit_id)s OR (sa.unit_id IS NULL AND sa.firm_id = %(firm_id)s))))
 OR (%(role)s = 'responder' AND i.state NOT IN ('closed', 'cleared', 'cancelled') AND EXISTS (
        SELECT 1 FROM visit sv WHERE sv.lift_no = i.lift_no AND sv.state = 'on_site'
        AND sv.firm_id = %(firm_id)s AND (sv.unit_id = %(unit_id)s OR sv.unit_id IS NULL)))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_lift
-- A part of other queries: whether an actor may see lift `l`; those who rescue see it while its incident is open.
(%(sees_all)s
 OR (%(role)s = 'firm' AND l.firm_id = %(firm_id)s)
 OR (%(role)s IN ('firm', 'responder') AND EXISTS (
        SELECT 1 FROM incident si JOIN assignment sa ON sa.incident_id = si.id
        WHERE si.lift_no = l.lift_no AND si.state NOT IN ('closed', 'cleared', 'cancelled')
        AND ((%(role)s = 'firm' AND sa.firm_id = %(firm_id)s) OR (%(role)s = 'responder'
            AND (sa.unit_id = %(unit_id)s OR (sa.unit_id IS NULL AND sa.firm_id = %(firm_id)s))))))
 OR (%(role)s = 'responder' AND EXISTS (SELECT 1 FROM visit sv WHERE sv.lift_no = l.lift_no AND sv.state = 'on_site'
        AND sv.firm_id = %(firm_id)s AND (sv.unit_id = %(unit_id)s OR sv.unit_id IS NULL)))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_upkeep
-- A part of other queries: whether an actor may see the maintenance of lift `l`: its firm with all its crews, its house.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND l.firm_id = %(firm_id)s)
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_visit
-- A part of other queries: whether an actor may see visit `v` at lift `l`; the records stay with the lift.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (v.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_order
-- A part of other queries: whether an actor may see order `o` at lift `l`.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (o.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_photo
-- A part of other queries: whether an actor may see photo `p` of lift `l`: who sent it, and who has the lift in his care.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (p.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: visit_columns
-- A part of other queries: a visit in lists.
v.id, v.lift_no, v.firm_id, v.unit_id, v.state, v.kind, v.plan_id, v.alone, v.planned_s, v.checked_in_at, v.began_at,
v.checked_out_at, v.left_at, v.completed_at, v.life_due_at, v.end_due_at, v.abnormal, v.marks, v.version, l.lift_id,
l.name, l.building, l.district, f.name AS firm_name, w.name AS worker_name, w2.name AS second_name;

-- name: order_columns
-- A part of other queries: an order in lists.
o.id, o.lift_no, o.firm_id, o.visit_id, o.item_code, o.text, o.photos, o.state, o.opened_at, o.accepted_at, o.done_at,
o.closed_at, o.version, l.lift_id, l.name, l.building, l.district, f.name AS firm_name;

-- name: lift_columns
-- A part of other queries: a lift as it is shown.
l.lift_no, l.lift_id, l.registered, l.rescue_code, l.name, l.lift_class, l.address, l.building, l.district, l.feeder,
l.gateway, l.lat, l.lon, l.firm_id, f.name AS firm_name, l.model, l.rated_speed, l.load_rated, l.floors,
l.commissioned_on, l.drill, s.memory, s.online, s.heard_at,
(SELECT jsonb_build_object('id', v.id, 'kind', v.kind, 'since', v.began_at, 'alone', v.alone, 'firm', v.firm_id,
        'unit', v.unit_id, 'workers', array_remove(ARRAY[w.name, w2.name], NULL))
    FROM visit v LEFT JOIN worker w ON w.id = v.worker_id LEFT JOIN worker w2 ON w2.id = v.second_id
    WHERE v.lift_no = l.lift_no AND v.state = 'on_site' ORDER BY v.id DESC LIMIT 1) AS visit;

-- name: incident_columns
-- A part of other queries: an incident in lists.
i.id, i.kind, i.priority, i.state, i.reason, i.code, i.causes, i.tier, i.version, i.ringing, i.waits_for_person,
i.confirm_at, i.clear_at, i.opened_at, i.confirmed_at, i.acknowledged_at, i.dispatched_at, i.accepted_at, i.arrived_at,
i.released_at, i.closed_at, i.event_ts, i.received_at, i.drill, i.unregistered, i.unreadable, i.area, i.previous,
i.duplicate_of, i.place, i.caller, i.callers, i.persons, i.injured, i.cause, i.detail, i.lift_no, l.lift_id,
l.rescue_code, l.name, l.address, l.building, l.district, l.lat, l.lon, l.firm_id, f.name AS firm_name,
(SELECT jsonb_agg(jsonb_build_array(v.firm_id, v.unit_id)) FROM visit v
    WHERE v.lift_no = i.lift_no AND v.state = 'on_site') AS on_site;

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

-- name: workers_to_export
-- Who works at lifts, a line for each certificate.
SELECT w.id, w.name, w.phone, CASE WHEN w.active THEN 'true' ELSE 'false' END AS active, f.name AS firm,
    c.kind AS certificate_kind, c.number AS certificate_number, c.valid_until::text AS valid_until
FROM worker w JOIN firm f ON f.id = w.firm_id LEFT JOIN certificate c ON c.worker_id = w.id
WHERE %(only)s::text IS NULL OR w.firm_id = %(only)s ORDER BY f.name, w.id, c.kind, c.number;

-- name: hold_firm
-- One at a time imports people of a firm.
SELECT id FROM firm WHERE id = %(firm_id)s FOR UPDATE;

-- name: workers_of_firm
-- Everybody of a firm, with certificates.
SELECT w.id, w.name, w.phone, w.active, coalesce((SELECT jsonb_agg(jsonb_build_array(c.kind, c.number, c.valid_until))
    FROM certificate c WHERE c.worker_id = w.id), '[]') AS certificates
FROM worker w WHERE w.firm_id = %(firm_id)s ORDER BY w.id;

-- name: save_certificates
-- Somebody's certificates, new or renewed; others stay.
INSERT INTO certificate (worker_id, kind, number, valid_until)
SELECT %(worker_id)s, kind, number, valid_until
FROM unnest(%(kinds)s::text[], %(numbers)s::text[], %(ends)s::date[]) AS n (kind, number, valid_until)
ON CONFLICT (worker_id, kind, number) DO UPDATE SET valid_until = EXCLUDED.valid_until;

-- name: firms_named
-- Firms by id or by name.
SELECT id, name FROM firm WHERE id = ANY(%(names)s) OR name = ANY(%(names)s);

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

-- name: incidents
-- A page of incidents, newest first.
SELECT {incident_columns}
FROM incident i LEFT JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = l.firm_id
WHERE {scope_incident}
    AND (%(open)s::boolean IS NULL OR (i.state NOT IN ('closed', 'cleared', 'cancelled')) = %(open)s)
    AND (%(kind)s::text IS NULL OR i.kind = %(kind)s)
    AND (%(lift_id)s::text IS NULL OR l.lift_id = %(lift_id)s)
    AND (%(firm)s::text IS NULL OR l.firm_id = %(firm)s OR EXISTS (
        SELECT 1 FROM assignment a WHERE a.incident_id = i.id AND a.firm_id = %(firm)s))
    AND (%(after)s::text IS NULL OR i.id < %(after)s)
ORDER BY i.id DESC LIMIT %(limit)s;

-- name: incident
-- One incident, with its evidence.
SELECT {incident_columns}, i.evidence
FROM incident i LEFT JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = l.firm_id
WHERE {scope_incident} AND i.id = %(id)s;

-- name: incidents_of
-- Incidents by id, whoever may see them.
SELECT {incident_columns}
FROM incident i LEFT JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = l.firm_id WHERE i.id = ANY(%(ids)s);

-- name: lock_incident
-- Hold one incident so that its version stays what it is; its lift's memory first, as everybody does.
SELECT 1 AS yes FROM lift_state s JOIN incident i USING (lift_no) WHERE i.id = %(id)s FOR UPDATE OF s;

-- name: incident_version
-- The version that an If-Match is compared with.
SELECT version FROM incident WHERE id = %(id)s FOR UPDATE;

-- name: assignments_of
-- Everybody who was asked in some incidents, in order.
SELECT a.id, a.incident_id, a.firm_id, f.name AS firm_name, a.unit_id, u.name AS unit_name, a.tier, a.state, a.eta_s,
    a.asked_at, a.accepted_at, a.arrived_at, a.ended_at
FROM assignment a LEFT JOIN firm f ON f.id = a.firm_id LEFT JOIN unit u ON u.id = a.unit_id
WHERE a.incident_id = ANY(%(ids)s) ORDER BY a.id;

-- name: group_lifts
-- The lifts of area incidents, and of the alarm that says we are blind; of one that has ended, as they were then.
SELECT a.incident_id, l.lift_id, l.name, l.building, a.occupied, a.rescue, a.rescue_state, a.since, a.lost, a.back_at
FROM area_lift a JOIN lift l USING (lift_no)
WHERE a.incident_id = ANY(%(ids)s);

-- name: assignments
-- A page of assignments that the caller's firm or unit may act on, newest first.
SELECT a.id, a.incident_id, a.firm_id, f.name AS firm_name, a.unit_id, u.name AS unit_name, a.tier, a.state, a.eta_s,
    a.asked_at, a.accepted_at, a.arrived_at, a.ended_at
FROM assignment a JOIN incident i ON i.id = a.incident_id
LEFT JOIN firm f ON f.id = a.firm_id LEFT JOIN unit u ON u.id = a.unit_id
WHERE (%(sees_all)s OR (%(role)s = 'firm' AND a.firm_id = %(firm_id)s) OR (%(role)s = 'responder'
        AND (a.unit_id = %(unit_id)s OR (a.unit_id IS NULL AND a.firm_id = %(firm_id)s))))
    AND (NOT %(open)s OR (a.state IN ('asked', 'accepted', 'arrived')
        AND i.state NOT IN ('closed', 'cleared', 'cancelled')))
    AND (%(after)s::text IS NULL OR a.id < %(after)s)
ORDER BY a.id DESC LIMIT %(limit)s;

-- name: timeline
-- An incident's story, from line `after` on.
SELECT n, at, device_at, actor, channel, action, from_state, to_state, reason, note, detail FROM timeline
WHERE incident_id = %(id)s AND n > %(after)s ORDER BY n;

-- name: messages
-- What was told about an incident.
SELECT id, channel, target, body, created_at, sent_at, due_at, failed_at FROM outbox
WHERE incident_id = %(id)s ORDER BY id LIMIT 500;

-- name: quarantine
-- A page of unreadable messages, newest first.
SELECT id, lift_id, topic, reason, detail, payload, received_at, replay_requested_at, replayed_at, replay_outcome
FROM quarantine WHERE (%(after)s::text IS NULL OR id < %(after)s) AND (%(lift_id)s::text IS NULL OR lift_id = %(lift_id)s)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: quarantined
-- One unreadable message, held.
SELECT id, lift_id, topic, reason, detail, payload, received_at, replay_requested_at, replayed_at, replay_outcome
FROM quarantine WHERE id = %(id)s FOR UPDATE;

-- name: ask_replay
-- Mark a message for the intake to take again.
UPDATE quarantine SET replay_requested_at = %(now)s, replay_requested_by = %(by)s, replayed_at = NULL,
    replay_outcome = NULL WHERE id = %(id)s;

-- name: overview
-- The installation at a glance, as far as an actor may see it.
SELECT count(*) AS lifts, count(*) FILTER (WHERE s.online) AS lifts_online
FROM lift l LEFT JOIN lift_state s USING (lift_no) WHERE {scope_lift};

-- name: blind_since
-- Since when a great part of all lifts is silent at once; everybody is told, whatever they may see.
SELECT min(opened_at) AS since FROM incident
WHERE kind = 'system' AND code = 'blind' AND state NOT IN ('closed', 'cleared', 'cancelled');

-- name: open_by_priority
-- Open incidents in the actor's scope, by priority.
SELECT i.priority, count(*) AS count FROM incident i LEFT JOIN lift l USING (lift_no)
WHERE i.state NOT IN ('closed', 'cleared', 'cancelled') AND {scope_incident} GROUP BY i.priority;

-- name: open_by_kind
-- Open incidents for the figures.
SELECT kind, priority, count(*) AS count FROM incident WHERE state NOT IN ('closed', 'cleared', 'cancelled')
GROUP BY kind, priority;

-- name: unknown_codes
-- A page of raw codes that no table knew, by lift model, the newest first.
SELECT l.model, u.raw, sum(u.count)::bigint AS count, min(u.first_seen_at) AS first_seen_at,
    max(u.last_seen_at) AS last_seen_at, count(*) AS lifts,
    (array_agg(l.lift_id ORDER BY u.last_seen_at DESC, l.lift_no))[1:20] AS lift_ids, max(u.id) AS newest_id
FROM unknown_code u JOIN lift l USING (lift_no)
WHERE %(model)s::text IS NULL OR l.model = %(model)s
GROUP BY l.model, u.raw
HAVING %(after)s::bigint IS NULL OR max(u.id) < %(after)s
ORDER BY newest_id DESC LIMIT %(limit)s;

-- name: online_lifts
-- Lifts whose link is up, for the figures.
SELECT count(*) AS count FROM lift_state WHERE online;

-- name: intake
-- Whether lifts are being listened to.
SELECT lane, alive_at, started_at, listening_since FROM intake;

-- name: service
-- When a service last said that it lives.
SELECT alive_at FROM service WHERE name = %(name)s;

-- name: firms
-- A page of firms, newest first; a firm and its units see their own.
SELECT id, name, phone, active FROM firm
WHERE (%(only)s::text IS NULL OR id = %(only)s) AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: firm
-- One firm.
SELECT id, name, phone, active FROM firm WHERE id = %(id)s AND (%(only)s::text IS NULL OR id = %(only)s);

-- name: firm_named
-- Another firm of that name.
SELECT id FROM firm WHERE name = %(name)s AND id <> %(id)s;

-- name: save_firm
-- A firm, new or changed.
INSERT INTO firm (id, name, phone, active, created_at) VALUES (%(id)s, %(name)s, %(phone)s, %(active)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, phone = EXCLUDED.phone, active = EXCLUDED.active;

-- name: units
-- A page of units, newest first.
SELECT id, firm_id, name, phone, active FROM unit
WHERE (%(only)s::text IS NULL OR firm_id = %(only)s) AND (%(firm)s::text IS NULL OR firm_id = %(firm)s)
    AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: unit
-- One unit.
SELECT id, firm_id, name, phone, active FROM unit WHERE id = %(id)s AND (%(only)s::text IS NULL OR firm_id = %(only)s);

-- name: unit_named
-- Another unit of that name in the same firm.
SELECT id FROM unit WHERE firm_id = %(firm_id)s AND name = %(name)s AND id <> %(id)s;

-- name: save_unit
-- A unit, new or changed; it stays with its firm.
INSERT INTO unit (id, firm_id, name, phone, active, created_at)
VALUES (%(id)s, %(firm_id)s, %(name)s, %(phone)s, %(active)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, phone = EXCLUDED.phone, active = EXCLUDED.active;

-- name: users
-- A page of users, newest first.
SELECT id, login, name, role, firm_id, unit_id, building, active FROM app_user
WHERE (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: user
-- One user.
SELECT id, login, name, role, firm_id, unit_id, building, active FROM app_user WHERE id = %(id)s;

-- name: user_by_login
-- Who signs in.
SELECT id, login, name, role, firm_id, unit_id, building, active, password_hash FROM app_user WHERE login = %(login)s;

-- name: save_user
-- A user, new or changed; without a hash the password stays as it is.
INSERT INTO app_user (id, login, name, password_hash, role, firm_id, unit_id, building, active, created_at)
VALUES (%(id)s, %(login)s, %(name)s, %(password_hash)s, %(role)s, %(firm_id)s, %(unit_id)s, %(building)s, %(active)s,
    %(now)s)
ON CONFLICT (id) DO UPDATE SET login = EXCLUDED.login, name = EXCLUDED.name, role = EXCLUDED.role,
    password_hash = coalesce(EXCLUDED.password_hash, app_user.password_hash), firm_id = EXCLUDED.firm_id,
    unit_id = EXCLUDED.unit_id, building = EXCLUDED.building, active = EXCLUDED.active;

-- name: renew_hash
-- The same password, hashed by today's parameters.
UPDATE app_user SET password_hash = %(password_hash)s WHERE id = %(id)s;

-- name: end_sessions
-- Sign a user out everywhere.
DELETE FROM session WHERE user_id = %(user_id)s;

-- name: end_links
-- One-time links that a user has not used yet.
DELETE FROM signin_link WHERE user_id = %(user_id)s AND used_at IS NULL;

-- name: add_session
-- A new session.
INSERT INTO session (token_hash, user_id, csrf, created_at, expires_at)
VALUES (%(token_hash)s, %(user_id)s, %(csrf)s, %(now)s, %(expires_at)s);

-- name: session
-- The user of a session.
SELECT u.id, u.login, u.name, u.role, u.firm_id, u.unit_id, u.building, s.csrf, s.expires_at
FROM session s JOIN app_user u ON u.id = s.user_id
WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(now)s AND u.active;

-- name: end_session
-- Sign out.
DELETE FROM session WHERE token_hash = %(token_hash)s;

-- name: add_link
-- A one-time sign-in link.
INSERT INTO signin_link (code_hash, user_id, expires_at) VALUES (%(code_hash)s, %(user_id)s, %(expires_at)s);

-- name: use_link
-- Use a link, once.
UPDATE signin_link SET used_at = %(now)s WHERE code_hash = %(code_hash)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING user_id;

-- name: note_attempt
-- A try to sign in, counted before it is judged: tries at the same moment count each other.
INSERT INTO signin_failure (subject, at) SELECT unnest(%(subjects)s::text[]), %(now)s RETURNING id;

-- name: recent_attempts
-- Tries of late, and when the oldest of them was.
SELECT subject, count(*) AS count, min(at) AS oldest FROM signin_failure
WHERE subject = ANY(%(subjects)s) AND at > %(since)s GROUP BY subject;

-- name: forget_attempts
-- Tries that do not count: refused unjudged, or good.
DELETE FROM signin_failure WHERE id = ANY(%(ids)s);

-- name: forget_subject
-- A good sign-in ends the count of its own login at its own address.
DELETE FROM signin_failure WHERE subject = %(subject)s;

-- name: tokens
-- A page of tokens, newest first.
SELECT id, name, role, firm_id, unit_id, building, created_at, last_used_at FROM token
WHERE revoked_at IS NULL AND (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: add_token
-- A new token; only its hash is kept.
INSERT INTO token (id, name, token_hash, role, firm_id, unit_id, building, created_at)
VALUES (%(id)s, %(name)s, %(token_hash)s, %(role)s, %(firm_id)s, %(unit_id)s, %(building)s, %(now)s);

-- name: token
-- Whose token this is.
SELECT id, name, role, firm_id, unit_id, building, last_used_at FROM token
WHERE token_hash = %(token_hash)s AND revoked_at IS NULL;

-- name: token_used
-- When a token was last used.
UPDATE token SET last_used_at = %(now)s WHERE id = %(id)s;

-- name: revoke_token
-- A token that no longer opens anything.
UPDATE token SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL RETURNING id;

-- name: webhooks
-- A page of webhooks, newest first.
SELECT id, url, firm_id, active FROM webhook
WHERE (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: add_webhook
-- A new webhook; its secret signs, so it must be kept as it is.
INSERT INTO webhook (id, url, firm_id, secret, active, created_at)
VALUES (%(id)s, %(url)s, %(firm_id)s, %(secret)s, %(active)s, %(now)s);

-- name: save_webhook
-- Where a webhook goes, and whether it does.
UPDATE webhook SET url = %(url)s, firm_id = %(firm_id)s, active = %(active)s WHERE id = %(id)s RETURNING id;

-- name: remove_webhook
-- No more messages to this address.
DELETE FROM webhook WHERE id = %(id)s RETURNING id;

-- name: claim_key
-- Take an Idempotency-Key; whoever holds it at the same moment is waited for.
INSERT INTO idempotency (actor, key, request_hash, created_at) VALUES (%(actor)s, %(key)s, %(request_hash)s, %(now)s)
ON CONFLICT (actor, key) DO NOTHING RETURNING key;

-- name: first_answer
-- What was answered first.
SELECT request_hash, status, body, content_type FROM idempotency WHERE actor = %(actor)s AND key = %(key)s;

-- name: keep_answer
-- The first answer, in the transaction of the write.
UPDATE idempotency SET status = %(status)s, body = %(body)s, content_type = %(content_type)s
WHERE actor = %(actor)s AND key = %(key)s;

-- name: relay_turn
-- One relay at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS mine;

-- name: lift_turn
-- The one process that numbers changed lifts, so that each is shown at most once a second.
SELECT pg_try_advisory_lock(%(lock)s) AS mine;

-- name: lift_turn_over
-- Nobody listens here any more.
SELECT pg_advisory_unlock(%(lock)s);

-- name: number_feed
-- Give committed feed lines their numbers, in order.
WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM feed WHERE no IS NULL ORDER BY id LIMIT %(limit)s),
    head AS (UPDATE feed_head SET no = no + (SELECT count(*) FROM fresh) WHERE EXISTS (SELECT 1 FROM fresh)
        RETURNING no - (SELECT count(*) FROM fresh) AS base)
UPDATE feed SET no = head.base + fresh.n FROM fresh, head WHERE feed.id = fresh.id;

-- name: number_lifts
-- Give changed lifts a number, those that have waited longest first; one that is being written waits for the next turn.
WITH fresh AS (SELECT lift_no FROM lift_state WHERE feed_no IS NULL ORDER BY changed_at LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED),
    counted AS (SELECT lift_no, row_number() OVER (ORDER BY lift_no) AS n FROM fresh),
    head AS (UPDATE feed_head SET no = no + (SELECT count(*) FROM counted) WHERE EXISTS (SELECT 1 FROM counted)
        RETURNING no - (SELECT count(*) FROM counted) AS base)
UPDATE lift_state SET feed_no = head.base + counted.n FROM counted, head WHERE lift_state.lift_no = counted.lift_no;

-- name: feed_head
-- The newest number, the oldest that can be resumed from, and whether lines wait for a number too long.
SELECT no, oldest, EXISTS (SELECT 1 FROM feed WHERE feed.no IS NULL AND at < %(before)s) AS stuck FROM feed_head;

-- name: feed_after
-- What came after a number, in order, in one look: feed lines and lifts share one counter.
SELECT h.no AS head, h.oldest, n.no, n.kind, n.ref FROM feed_head h LEFT JOIN LATERAL (
    SELECT no, kind, ref FROM feed WHERE no > %(after)s
    UNION ALL
    SELECT feed_no, 'lift', lift_no::text FROM lift_state WHERE feed_no > %(after)s
    ORDER BY 1 LIMIT %(limit)s
) n ON true ORDER BY n.no;

-- name: fed_lifts
-- Lifts for the consoles, with whom else their open incidents concern.
SELECT {lift_columns}, o.firms, o.units, o.unbound
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id LEFT JOIN lift_state s USING (lift_no)
LEFT JOIN (SELECT i.lift_no, array_agg(a.firm_id) AS firms, array_agg(a.unit_id) AS units,
        array_agg(a.firm_id) FILTER (WHERE a.unit_id IS NULL) AS unbound
    FROM incident i JOIN assignment a ON a.incident_id = i.id
    WHERE i.state NOT IN ('closed', 'cleared', 'cancelled') GROUP BY i.lift_no) o USING (lift_no)
WHERE l.lift_no = ANY(%(lift_nos)s);

-- name: fed_messages
-- Messages for the consoles.
SELECT id, incident_id, target, body, created_at FROM outbox WHERE id = ANY(%(ids)s) AND channel = 'console';

-- name: ready
-- Whether the database answers.
SELECT 1 AS yes;

-- name: shadow_run
-- The run of the tried policy that is not over.
SELECT id, thresholds, began_at, heard_until, alive_at, heard, missed FROM shadow_run WHERE ended_at IS NULL;

-- name: shadow_rescues
-- What the tried policy would have opened, newest first.
SELECT s.id, l.lift_id, l.name, s.reason, s.opened_at, s.rang_at, s.ended_at, s.ended
FROM shadow_incident s JOIN lift l USING (lift_no)
WHERE s.run_id = %(run_id)s AND s.kind = 'rescue' AND NOT l.drill
    AND s.opened_at >= %(since)s AND s.opened_at < %(until)s
ORDER BY s.opened_at DESC LIMIT %(limit)s;

-- name: compared_rescues
-- Rescues that rules or people opened on a lift, as far as comparing them needs it, newest first.
SELECT i.id, l.lift_id, l.name, i.reason, i.state, i.opened_at, i.confirmed_at, i.causes, i.waits_for_person, i.persons,
    coalesce(i.released_at, i.closed_at) AS ended_at,
    (SELECT t.reason FROM timeline t WHERE t.incident_id = i.id AND t.action = 'cancel' ORDER BY t.n DESC LIMIT 1)
        AS cancelled_for,
    coalesce((SELECT t.actor->>'kind' <> 'system' FROM timeline t WHERE t.incident_id = i.id
        AND t.from_state = 'suspected' AND t.to_state <> 'suspected' ORDER BY t.n LIMIT 1), false) AS by_person
FROM incident i JOIN lift l USING (lift_no)
WHERE i.kind = 'rescue' AND NOT i.drill AND NOT i.unreadable AND i.opened_at >= %(since)s AND i.opened_at < %(until)s
ORDER BY i.opened_at DESC LIMIT %(limit)s;

-- name: zone_doubt
-- Whether the door zone sensor of a lift is known to be faulty.
SELECT EXISTS (SELECT 1 FROM incident i WHERE coalesce(i.lift_no, 0) = %(lift_no)s AND i.kind = 'fault' AND i.kind <> 'rescue'
    AND coalesce(i.code, '') = 'sensor_fault' AND i.state IN ('confirmed', 'accepted')
    AND i.detail->>'sensor' = 'door_zone') AS zone_sensor_fault;

-- name: plans
-- A page of firms' own plans, newest first.
SELECT id, firm_id, lift_class, version, base, title, source, items FROM plan
WHERE firm_id IS NOT NULL AND (%(sees_all)s OR firm_id = %(firm_id)s)
    AND (%(lift_class)s::text IS NULL OR lift_class = %(lift_class)s) AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: workers
-- A page of those who work at lifts, newest first, with their certificates.
SELECT w.id, w.firm_id, w.name, w.phone, w.active, coalesce((SELECT jsonb_agg(jsonb_build_object('kind', c.kind,
        'number', c.number, 'valid_until', c.valid_until) ORDER BY c.valid_until, c.kind, c.number)
    FROM certificate c WHERE c.worker_id = w.id), '[]') AS certificates
FROM worker w
WHERE (%(only)s::text IS NULL OR w.firm_id = %(only)s) AND (%(firm)s::text IS NULL OR w.firm_id = %(firm)s)
    AND (%(until)s::date IS NULL OR EXISTS (
        SELECT 1 FROM certificate c WHERE c.worker_id = w.id AND c.valid_until < %(until)s))
    AND (%(after)s::text IS NULL OR w.id < %(after)s)
ORDER BY w.id DESC LIMIT %(limit)s;

-- name: worker
-- One of those who work at lifts.
SELECT w.id, w.firm_id, w.name, w.phone, w.active, coalesce((SELECT jsonb_agg(jsonb_build_object('kind', c.kind,
        'number', c.number, 'valid_until', c.valid_until) ORDER BY c.valid_until, c.kind, c.number)
    FROM certificate c WHERE c.worker_id = w.id), '[]') AS certificates
FROM worker w WHERE w.id = %(id)s AND (%(only)s::text IS NULL OR w.firm_id = %(only)s);

-- name: save_worker
-- Somebody who works at lifts, new or changed; they stay with their firm.
INSERT INTO worker (id, firm_id, name, phone, active, created_at)
VALUES (%(id)s, %(firm_id)s, %(name)s, %(phone)s, %(active)s, %(now)s)
ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, phone = EXCLUDED.phone, active = EXCLUDED.active;

-- name: drop_certificates
-- Certificates that are about to be written anew.
DELETE FROM certificate WHERE worker_id = %(worker_id)s;

-- name: add_certificates
-- Somebody's certificates.
INSERT INTO certificate (worker_id, kind, number, valid_until)
SELECT %(worker_id)s, kind, number, valid_until
FROM unnest(%(kinds)s::text[], %(numbers)s::text[], %(ends)s::date[]) AS n (kind, number, valid_until);

-- name: due_list
-- A page of what is due, the earliest first.
SELECT d.lift_no, d.kind, d.due_on, d.counted_from, l.lift_id, l.rescue_code, l.name, l.lift_class, l.address,
    l.building, l.district, l.lat, l.lon, l.firm_id, f.name AS firm_name, m.on_demand IS NOT NULL AS on_demand
FROM maintenance_due d JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = l.firm_id
LEFT JOIN lift_maintenance m USING (lift_no)
WHERE {scope_upkeep} AND (%(firm)s::text IS NULL OR l.firm_id = %(firm)s)
    AND (%(district)s::text IS NULL OR l.district = %(district)s) AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
    AND (%(lift_id)s::text IS NULL OR l.lift_id = %(lift_id)s)
    AND (%(before)s::date IS NULL OR d.due_on < %(before)s) AND (%(since)s::date IS NULL OR d.due_on >= %(since)s)
    AND (%(upto)s::date IS NULL OR d.due_on <= %(upto)s)
    AND (%(day)s::date IS NULL OR (d.due_on, d.lift_no, d.kind) > (%(day)s, %(lift_no)s::int, %(after_kind)s::text))
ORDER BY d.due_on, d.lift_no, d.kind LIMIT %(limit)s;

-- name: lift_in_care
-- A registered lift whose maintenance the actor may see.
SELECT l.lift_no, l.lift_id, l.lift_class, l.firm_id, l.building, l.created_at FROM lift l
WHERE l.lift_id = %(lift_id)s AND l.registered AND {scope_upkeep};

-- name: calendars
-- A page of somebody's calendars, newest first.
SELECT id, name, created_at FROM calendar_link
WHERE owner = %(owner)s AND revoked_at IS NULL AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: add_calendar
-- An address for a calendar program; only its code's hash is kept.
INSERT INTO calendar_link (id, code_hash, name, role, firm_id, unit_id, building, owner, created_at)
VALUES (%(id)s, %(code_hash)s, %(name)s, %(role)s, %(firm_id)s, %(unit_id)s, %(building)s, %(owner)s, %(now)s);

-- name: revoke_calendar
-- An address that opens nothing any more.
UPDATE calendar_link SET revoked_at = %(now)s WHERE id = %(id)s AND owner = %(owner)s AND revoked_at IS NULL RETURNING id;

-- name: calendar_by_code
-- Whose due days an address shows.
SELECT id, name, role, firm_id, unit_id, building FROM calendar_link
WHERE code_hash = %(code_hash)s AND revoked_at IS NULL;

-- name: visits
-- A page of visits, newest first.
SELECT {visit_columns}
FROM visit v JOIN lift l USING (lift_no) JOIN firm f ON f.id = v.firm_id LEFT JOIN worker w ON w.id = v.worker_id
LEFT JOIN worker w2 ON w2.id = v.second_id
WHERE {scope_visit} AND (%(states)s::text[] IS NULL OR v.state = ANY(%(states)s))
    AND (%(lift_id)s::text IS NULL OR l.lift_id = %(lift_id)s)
    AND (%(firm)s::text IS NULL OR v.firm_id = %(firm)s) AND (%(kind)s::text IS NULL OR v.kind = %(kind)s)
    AND (%(after)s::text IS NULL OR v.id < %(after)s)
ORDER BY v.id DESC LIMIT %(limit)s;

-- name: visit
-- One visit.
SELECT {visit_columns}
FROM visit v JOIN lift l USING (lift_no) JOIN firm f ON f.id = v.firm_id LEFT JOIN worker w ON w.id = v.worker_id
LEFT JOIN worker w2 ON w2.id = v.second_id
WHERE v.id = %(id)s AND {scope_visit};

-- name: plausibilities
-- A page of what the plausibility of visits came to, the newest visits first.
SELECT {visit_columns}, p.level, p.score, p.thresholds, p.evidence, p.items, p.telemetry, p.computed_at,
    p.began_at AS from_at, p.left_at AS upto_at
FROM visit_plausibility p JOIN visit v ON v.id = p.visit_id JOIN lift l ON l.lift_no = v.lift_no
JOIN firm f ON f.id = v.firm_id LEFT JOIN worker w ON w.id = v.worker_id LEFT JOIN worker w2 ON w2.id = v.second_id
WHERE {scope_visit} AND (%(level)s::text IS NULL OR p.level = %(level)s)
    AND (%(firm)s::text IS NULL OR p.firm_id = %(firm)s)
    AND (%(lift_id)s::text IS NULL OR l.lift_id = %(lift_id)s)
    AND (%(district)s::text IS NULL OR l.district = %(district)s)
    AND (%(since)s::timestamptz IS NULL OR p.began_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR p.began_at < %(until)s)
    AND (%(after)s::timestamptz IS NULL OR (p.began_at, p.visit_id) < (%(after)s, %(after_id)s::text))
ORDER BY p.began_at DESC, p.visit_id DESC LIMIT %(limit)s;

-- name: plausibility
-- What the plausibility of one visit came to.
SELECT p.level, p.score, p.thresholds, p.evidence, p.items, p.telemetry, p.computed_at, p.began_at AS from_at,
    p.left_at AS upto_at
FROM visit_plausibility p WHERE p.visit_id = %(id)s;

-- name: visit_exists
-- Whether an id is taken, whoever may see it.
SELECT 1 AS yes FROM visit WHERE id = %(id)s;

-- name: lift_by_text
-- The registered lift of the actor's own firm that an id or a rescue code names; an id goes first.
SELECT l.lift_no, l.lift_id FROM lift l
WHERE l.registered AND l.firm_id = %(firm_id)s AND (l.lift_id = %(text)s OR l.rescue_code = %(text)s)
ORDER BY l.lift_id = %(text)s DESC LIMIT 1;

-- name: orders
-- A page of orders, newest first.
SELECT {order_columns} FROM work_order o JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = o.firm_id
WHERE {scope_order} AND (%(states)s::text[] IS NULL OR o.state = ANY(%(states)s))
    AND (%(lift_id)s::text IS NULL OR l.lift_id = %(lift_id)s)
    AND (%(firm)s::text IS NULL OR o.firm_id = %(firm)s) AND (%(after)s::text IS NULL OR o.id < %(after)s)
ORDER BY o.id DESC LIMIT %(limit)s;

-- name: order
-- One order.
SELECT {order_columns} FROM work_order o JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = o.firm_id
WHERE o.id = %(id)s AND {scope_order};

-- name: orders_of_visit
-- What a visit has opened.
SELECT {order_columns} FROM work_order o JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = o.firm_id
WHERE o.visit_id = %(visit_id)s ORDER BY o.id;

-- name: order_entries
-- An order's story.
SELECT n, at, device_at, actor, action, from_state, to_state, text, photos FROM order_entry
WHERE order_id = %(id)s ORDER BY n;

-- name: add_signing_link
-- An address by which a safety officer signs; only its code's hash is kept.
INSERT INTO visit_link (code_hash, visit_id, created_by, created_at, expires_at)
VALUES (%(code_hash)s, %(visit_id)s, %(by)s, %(now)s, %(expires_at)s);

-- name: signing_link
-- What a code opens, and whether it is still good.
SELECT visit_id, used_at, expires_at FROM visit_link WHERE code_hash = %(code_hash)s;

-- name: use_signing_link
-- A code is used once.
UPDATE visit_link SET used_at = %(now)s WHERE code_hash = %(code_hash)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING visit_id;

-- name: lift_of_records
-- A lift of whose records the actor may see any; `whole`: all of them.
SELECT l.lift_no, l.lift_id, l.name, l.rescue_code, l.lift_class, l.address, l.building, l.district, l.firm_id,
    f.name AS firm_name, coalesce(%(sees_all)s OR (%(role)s = 'firm' AND l.firm_id = %(firm_id)s)
        OR (%(role)s = 'property' AND l.building = %(building)s), false) AS whole
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id
WHERE l.lift_id = %(lift_id)s AND ({scope_lift} OR {scope_upkeep} OR (%(role)s IN ('firm', 'responder') AND EXISTS (
    SELECT 1 FROM visit v WHERE v.lift_no = l.lift_no AND v.firm_id = %(firm_id)s)));

-- name: records_of_lift
-- Records of a lift with an entry in this time that the actor may see.
SELECT 'incident' AS kind, i.id AS subject FROM incident i JOIN lift l USING (lift_no)
WHERE i.lift_no = %(lift_no)s AND {scope_incident} AND EXISTS (
    SELECT 1 FROM timeline t WHERE t.incident_id = i.id AND t.at >= %(since)s AND t.at < %(before)s)
UNION ALL
SELECT 'visit', v.id FROM visit v JOIN lift l USING (lift_no)
WHERE v.lift_no = %(lift_no)s AND {scope_visit} AND EXISTS (
    SELECT 1 FROM visit_entry t WHERE t.visit_id = v.id AND t.at >= %(since)s AND t.at < %(before)s)
UNION ALL
SELECT 'order', o.id FROM work_order o JOIN lift l USING (lift_no)
WHERE o.lift_no = %(lift_no)s AND {scope_order} AND EXISTS (
    SELECT 1 FROM order_entry t WHERE t.order_id = o.id AND t.at >= %(since)s AND t.at < %(before)s)
ORDER BY 1, 2;

-- name: add_photo
-- A photo whose picture stands in the storage.
INSERT INTO photo (id, lift_no, firm_id, by_id, by_name, width, height, size, taken_at, sha256, likeness, uploaded_at,
    kept_sha256)
VALUES (%(id)s, %(lift_no)s, %(firm_id)s, %(by_id)s, %(by_name)s, %(width)s, %(height)s, %(size)s, %(taken_at)s,
    %(sha256)s, %(likeness)s, %(now)s, %(kept_sha256)s);

-- name: photo
-- One photo, by id or by the digest of its bytes as sent, if the actor may see it.
SELECT p.*, l.lift_id FROM photo p JOIN lift l USING (lift_no)
WHERE (p.id = %(id)s OR p.sha256 = %(digest)s) AND {scope_photo} ORDER BY p.id LIMIT 1;

-- name: photo_sent
-- The same bytes for the same lift from the same sender.
SELECT p.*, l.lift_id FROM photo p JOIN lift l USING (lift_no)
WHERE p.lift_no = %(lift_no)s AND p.by_id = %(by)s AND p.sha256 = %(sha256)s ORDER BY p.id LIMIT 1;

-- name: photos
-- A page of a lift's photos, newest first.
SELECT p.*, l.lift_id FROM photo p JOIN lift l USING (lift_no)
WHERE p.lift_no = %(lift_no)s AND {scope_photo} AND (%(after)s::text IS NULL OR p.id < %(after)s)
ORDER BY p.id DESC LIMIT %(limit)s;

-- name: sticker
-- The code of a lift's sticker.
SELECT code, made_at FROM sticker WHERE lift_no = %(lift_no)s;

-- name: save_sticker
-- A code for a lift's sticker; one that is there stays, unless it is to be renewed.
INSERT INTO sticker (lift_no, code, made_at, made_by) VALUES (%(lift_no)s, %(code)s, %(now)s, %(by)s)
ON CONFLICT (lift_no) DO UPDATE SET code = EXCLUDED.code, made_at = EXCLUDED.made_at, made_by = EXCLUDED.made_by
WHERE %(renew)s;

-- name: lift_by_sticker
-- What the sticker at a lift says which lift it is, with its live rescue.
SELECT l.lift_no, l.lift_id, l.name, l.building, l.address, l.rescue_code, l.firm_id, f.name AS firm_name,
    EXISTS (SELECT 1 FROM incident i WHERE i.lift_no = l.lift_no AND i.kind = 'rescue'
        AND i.state IN ('suspected', 'confirmed', 'dispatched', 'accepted', 'arrived')) AS rescue_under_way
FROM sticker s JOIN lift l USING (lift_no) LEFT JOIN firm f ON f.id = l.firm_id
WHERE s.code = %(code)s AND l.registered;

-- name: note_try
-- Somebody without an account asks; counted before it is judged, so that askers at the same moment count each other.
INSERT INTO public_try (address, what, at) VALUES (%(address)s, %(what)s, %(now)s) RETURNING id;

-- name: recent_tries
-- What came from an address of late, but for the one just noted.
SELECT count(*) AS count, min(at) AS oldest FROM public_try
WHERE address = %(address)s AND what = %(what)s AND at > %(since)s AND id <> %(id)s;

-- name: forget_try
-- One that was refused does not count: who waits as long as told gets in.
DELETE FROM public_try WHERE id = %(id)s;

-- name: forget_tries
-- Addresses are kept no longer than they are needed for counting.
DELETE FROM public_try WHERE at <= %(before)s;

-- name: recent_reports
-- What was reported about a lift of late: entrapments, or everything else.
SELECT count(*) AS count, min(at) AS oldest FROM public_report
WHERE lift_no = %(lift_no)s AND at > %(since)s AND (kind = 'trapped') = %(trapped)s;

-- name: report_sent
-- A report that was sent before.
SELECT kind, at, incident_id FROM public_report WHERE sent_key = %(key)s;

-- name: add_report
-- What somebody has reported, with what it has opened or joined.
INSERT INTO public_report (id, lift_no, kind, text, at, sent_key, order_id, incident_id)
VALUES (%(id)s, %(lift_no)s, %(kind)s, %(text)s, %(now)s, %(key)s, %(order_id)s, %(incident_id)s);

-- name: reported_orders
-- Orders of a lift that reports have opened and nobody has ended, by what was reported.
SELECT DISTINCT ON (r.kind) r.kind, o.id FROM public_report r JOIN work_order o ON o.id = r.order_id
WHERE r.lift_no = %(lift_no)s AND o.state IN ('open', 'accepted', 'done') ORDER BY r.kind, r.at DESC;

-- name: standing
-- How firms, or districts, stand: lifts, what is overdue, visits of a period and their plausibility, open orders.
WITH care AS (
    SELECT l.lift_no, CASE WHEN %(by_firm)s THEN l.firm_id ELSE l.district END AS key FROM lift l
    WHERE l.registered AND (%(only)s::text IS NULL OR l.firm_id = %(only)s)
), parts AS (
    SELECT key, count(*) AS lifts, 0 AS overdue_lifts, 0 AS overdue, 0 AS overdue_days, 0 AS worst_days, 0 AS visits,
        0 AS timed, 0 AS in_time, 0 AS late, 0 AS far, 0 AS orders, NULL::timestamptz AS oldest,
        0 AS checked, 0 AS doubtful
    FROM care GROUP BY key
    UNION ALL
    SELECT c.key, 0, count(DISTINCT d.lift_no), count(*), sum(%(today)s - d.due_on), max(%(today)s - d.due_on), 0, 0,
        0, 0, 0, 0, NULL, 0, 0
    FROM maintenance_due d JOIN care c USING (lift_no) WHERE d.due_on < %(today)s GROUP BY c.key
    UNION ALL
    SELECT CASE WHEN %(by_firm)s THEN v.firm_id ELSE l.district END, 0, 0, 0, 0, 0, count(*), count(v.days_late),
        count(*) FILTER (WHERE v.days_late <= 0), count(*) FILTER (WHERE 'late' = ANY(v.marks)),
        count(*) FILTER (WHERE 'far' = ANY(v.marks)), 0, NULL, 0, 0
    FROM visit v JOIN lift l USING (lift_no)
    WHERE v.counted AND v.left_at >= %(since)s AND v.left_at < %(until)s
        AND (%(only)s::text IS NULL OR v.firm_id = %(only)s) GROUP BY 1
    UNION ALL
    SELECT CASE WHEN %(by_firm)s THEN o.firm_id ELSE l.district END, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*),
        min(o.opened_at), 0, 0
    FROM work_order o JOIN lift l USING (lift_no) WHERE o.state IN ('open', 'accepted', 'done')
        AND (%(only)s::text IS NULL OR o.firm_id = %(only)s) GROUP BY 1
    UNION ALL
    SELECT CASE WHEN %(by_firm)s THEN p.firm_id ELSE l.district END, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL,
        count(*) FILTER (WHERE p.level <> 'unknown'), count(*) FILTER (WHERE p.level = 'doubtful')
    FROM visit_plausibility p JOIN lift l USING (lift_no)
    WHERE p.began_at >= %(since)s AND p.began_at < %(until)s
        AND (%(only)s::text IS NULL OR p.firm_id = %(only)s) GROUP BY 1
)
SELECT p.key, f.name, sum(lifts)::bigint AS lifts, sum(overdue_lifts)::bigint AS overdue_lifts,
    sum(overdue)::bigint AS overdue, sum(overdue_days)::bigint AS overdue_days, max(worst_days) AS worst_days,
    sum(visits)::bigint AS visits, sum(timed)::bigint AS timed, sum(in_time)::bigint AS in_time,
    sum(late)::bigint AS late, sum(far)::bigint AS far, sum(orders)::bigint AS orders_open, max(oldest) AS oldest_order_at,
    sum(checked)::bigint AS checked, sum(doubtful)::bigint AS doubtful
FROM parts p LEFT JOIN firm f ON %(by_firm)s AND f.id = p.key GROUP BY p.key, f.name
ORDER BY sum(overdue_lifts)::float8 / greatest(sum(lifts), 1) DESC, p.key;
