-- name: alone
-- One sealer at a time: whoever has the lock seals, the others come back.
SELECT pg_try_advisory_xact_lock(%(key)s) AS yes;

-- name: next_unsealed
-- The oldest entries that wait for their seal: of all records but those that failed, or only of those of them named again.
SELECT id, kind, subject, n FROM unsealed WHERE (subject = ANY(%(failed)s::text[])) = %(again)s ORDER BY id LIMIT %(limit)s;

-- name: waiting
-- How many entries wait for their seal.
SELECT count(*) AS entries FROM unsealed;

-- name: incident_entries
-- Entries of incidents from the one that is due on, in order.
SELECT t.incident_id AS subject, t.n, t.at, t.device_at, t.actor, t.channel, t.action, t.from_state, t.to_state, t.reason,
    t.note, t.detail
FROM timeline t JOIN unnest(%(subjects)s::text[], %(numbers)s::int[]) AS due (subject, n)
    ON t.incident_id = due.subject AND t.n = due.n
ORDER BY t.incident_id, t.n;

-- name: order_entries
-- Entries of orders from the one that is due on, in order.
SELECT t.order_id AS subject, t.n, t.at, t.device_at, t.actor, t.action, t.from_state, t.to_state, t.text, t.photos, t.facts
FROM order_entry t JOIN unnest(%(subjects)s::text[], %(numbers)s::int[]) AS due (subject, n)
    ON t.order_id = due.subject AND t.n = due.n
ORDER BY t.order_id, t.n;

-- name: visit_entries
-- Entries of visits from the one that is due on, in order.
SELECT t.visit_id AS subject, t.n, t.op_id, t.kind AS op, t.device, t.device_n, t.device_at, t.done_at, t.at, t.clock_off_s,
    t.actor, t.channel, t.body, t.facts
FROM visit_entry t JOIN unnest(%(subjects)s::text[], %(numbers)s::int[]) AS due (subject, n)
    ON t.visit_id = due.subject AND t.n = due.n
ORDER BY t.visit_id, t.n;

-- name: last_seals
-- The newest seal of each of these records.
SELECT DISTINCT ON (s.subject) s.subject, s.n, s.hash FROM seal s
WHERE s.kind = %(kind)s AND s.subject = ANY(%(subjects)s) ORDER BY s.subject, s.n DESC;

-- name: add_seals
-- The seals of entries, each once.
INSERT INTO seal (kind, subject, n, hash, sealed_at)
SELECT %(kind)s, subject, n, hash, %(now)s
FROM unnest(%(subjects)s::text[], %(numbers)s::int[], %(hashes)s::bytea[]) AS new (subject, n, hash);

-- name: is_sealed
-- They wait no longer.
DELETE FROM unsealed WHERE id = ANY(%(ids)s);

-- name: days_without_heads
-- Days that are over, have seals, and whose heads are not written; oldest first.
SELECT DISTINCT (s.sealed_at AT TIME ZONE 'UTC')::date AS day FROM seal s
WHERE s.sealed_at < %(before)s
    AND s.sealed_at >= coalesce((SELECT max(day) + 1 FROM seal_day)::timestamp AT TIME ZONE 'UTC', '-infinity')
ORDER BY day LIMIT 31;

-- name: heads
-- The newest seal of each record that got one in this time, and the lift that it is about.
SELECT DISTINCT ON (s.kind, s.subject) s.kind, s.subject, s.n, s.hash, l.lift_id, coalesce(t.at, v.at, o.at) AS at
FROM seal s
LEFT JOIN timeline t ON s.kind = 'incident' AND t.incident_id = s.subject AND t.n = s.n
LEFT JOIN visit_entry v ON s.kind = 'visit' AND v.visit_id = s.subject AND v.n = s.n
LEFT JOIN order_entry o ON s.kind = 'order' AND o.order_id = s.subject AND o.n = s.n
LEFT JOIN incident ri ON s.kind = 'incident' AND ri.id = s.subject
LEFT JOIN visit rv ON s.kind = 'visit' AND rv.id = s.subject
LEFT JOIN work_order ro ON s.kind = 'order' AND ro.id = s.subject
LEFT JOIN lift l ON l.lift_no = coalesce(ri.lift_no, rv.lift_no, ro.lift_no)
WHERE s.sealed_at >= %(since)s AND s.sealed_at < %(before)s
ORDER BY s.kind, s.subject, s.n DESC;

-- name: last_day
-- The newest day whose heads are written.
SELECT day, digest FROM seal_day ORDER BY day DESC LIMIT 1;

-- name: add_day
-- The heads of a day stand in their file.
INSERT INTO seal_day (day, digest, written_at) VALUES (%(day)s, %(digest)s, %(now)s);

-- name: incident_chain
-- All entries of these incidents with their seals, and the lift that they stand under.
SELECT t.incident_id AS subject, t.n, t.at, t.device_at, t.actor, t.channel, t.action, t.from_state, t.to_state, t.reason,
    t.note, t.detail, s.hash, l.lift_id
FROM timeline t JOIN incident r ON r.id = t.incident_id LEFT JOIN lift l USING (lift_no)
LEFT JOIN seal s ON s.kind = 'incident' AND s.subject = t.incident_id AND s.n = t.n
WHERE t.incident_id = ANY(%(subjects)s) ORDER BY t.incident_id, t.n;

-- name: order_chain
-- All entries of these orders with their seals, and the lift that they stand under.
SELECT t.order_id AS subject, t.n, t.at, t.device_at, t.actor, t.action, t.from_state, t.to_state, t.text, t.photos, t.facts, s.hash, l.lift_id
FROM order_entry t JOIN work_order r ON r.id = t.order_id LEFT JOIN lift l USING (lift_no)
LEFT JOIN seal s ON s.kind = 'order' AND s.subject = t.order_id AND s.n = t.n
WHERE t.order_id = ANY(%(subjects)s) ORDER BY t.order_id, t.n;

-- name: visit_chain
-- All entries of these visits with their seals, and the lift that they stand under.
SELECT t.visit_id AS subject, t.n, t.op_id, t.kind AS op, t.device, t.device_n, t.device_at, t.done_at, t.at, t.clock_off_s,
    t.actor, t.channel, t.body, t.facts, s.hash, l.lift_id
FROM visit_entry t JOIN visit r ON r.id = t.visit_id LEFT JOIN lift l USING (lift_no)
LEFT JOIN seal s ON s.kind = 'visit' AND s.subject = t.visit_id AND s.n = t.n
WHERE t.visit_id = ANY(%(subjects)s) ORDER BY t.visit_id, t.n;

-- name: next_incident
-- Incidents in the order of their ids, for a walk through all of them.
SELECT id AS subject FROM incident WHERE id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: next_order
-- Orders in the order of their ids, for a walk through all of them.
SELECT id AS subject FROM work_order WHERE id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: next_visit
-- Visits in the order of their ids, for a walk through all of them.
SELECT id AS subject FROM visit WHERE id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: orphans
-- Seals of entries that are not there.
SELECT s.kind, s.subject, s.n FROM seal s
WHERE NOT EXISTS (SELECT 1 FROM timeline t WHERE s.kind = 'incident' AND t.incident_id = s.subject AND t.n = s.n)
    AND NOT EXISTS (SELECT 1 FROM visit_entry v WHERE s.kind = 'visit' AND v.visit_id = s.subject AND v.n = s.n)
    AND NOT EXISTS (SELECT 1 FROM order_entry o WHERE s.kind = 'order' AND o.order_id = s.subject AND o.n = s.n)
ORDER BY s.sealed_at, s.subject, s.n LIMIT 20;
