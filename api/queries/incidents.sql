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
