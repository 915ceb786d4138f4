-- name: lifts_without_terms
-- Registered lifts whose maintenance is not kept yet.
SELECT l.lift_no, l.created_at FROM lift l
WHERE l.registered AND NOT EXISTS (SELECT 1 FROM lift_maintenance m WHERE m.lift_no = l.lift_no)
ORDER BY l.lift_no LIMIT %(limit)s;

-- name: begin_terms
-- Maintenance of some lifts is kept from these days on; somebody else may have begun it just now.
INSERT INTO lift_maintenance (lift_no, since, updated_at, updated_by)
SELECT n.lift_no, n.since, %(now)s, 'system' FROM unnest(%(lift_nos)s::int[], %(since)s::date[]) AS n (lift_no, since)
ORDER BY n.lift_no ON CONFLICT (lift_no) DO NOTHING RETURNING lift_no;

-- name: terms_for_update
-- What the due dates of a lift follow from, held.
SELECT lift_no, since, last, on_demand FROM lift_maintenance WHERE lift_no = %(lift_no)s FOR UPDATE;

-- name: save_terms
-- The terms of a lift, changed.
UPDATE lift_maintenance SET last = %(last)s, on_demand = %(on_demand)s, updated_at = %(now)s, updated_by = %(by)s
WHERE lift_no = %(lift_no)s;

-- name: save_due
-- Due days, new or changed.
INSERT INTO maintenance_due (lift_no, kind, due_on, counted_from)
SELECT n.lift_no, n.kind, n.due_on, n.counted_from
FROM unnest(%(lift_nos)s::int[], %(kinds)s::text[], %(due)s::date[], %(counted)s::date[])
    AS n (lift_no, kind, due_on, counted_from) ORDER BY n.lift_no, n.kind
ON CONFLICT (lift_no, kind) DO UPDATE SET due_on = EXCLUDED.due_on, counted_from = EXCLUDED.counted_from;

-- name: claim_reminders
-- Due days that come near and were not reminded of; those that another worker holds are its business.
UPDATE maintenance_due d SET reminded_for = d.due_on
FROM (SELECT lift_no, kind FROM maintenance_due
    WHERE due_on BETWEEN %(today)s AND %(upto)s AND reminded_for IS DISTINCT FROM due_on
    ORDER BY due_on LIMIT %(limit)s FOR UPDATE SKIP LOCKED) c, lift l
WHERE d.lift_no = c.lift_no AND d.kind = c.kind AND l.lift_no = d.lift_no RETURNING d.lift_no, d.kind, l.firm_id;

-- name: claim_overdue
-- Due days that have passed and were not told.
UPDATE maintenance_due d SET overdue_for = d.due_on
FROM (SELECT lift_no, kind FROM maintenance_due
    WHERE due_on < %(today)s AND overdue_for IS DISTINCT FROM due_on
    ORDER BY due_on LIMIT %(limit)s FOR UPDATE SKIP LOCKED) c, lift l
WHERE d.lift_no = c.lift_no AND d.kind = c.kind AND l.lift_no = d.lift_no RETURNING d.lift_no, d.kind, l.firm_id;

-- name: keep_plan
-- A plan that visits refer to; a version never changes.
INSERT INTO plan (id, firm_id, lift_class, version, base, title, source, items, created_at, created_by)
VALUES (%(id)s, %(firm_id)s, %(lift_class)s, %(version)s, %(base)s, %(title)s, %(source)s, %(items)s, %(now)s, %(by)s)
ON CONFLICT (id) DO NOTHING;

-- name: plan
-- One plan.
SELECT id, firm_id, lift_class, version, base, title, source, items FROM plan WHERE id = %(id)s;

-- name: newest_plan_of_firm
-- The newest version of a firm's own plan for a class.
SELECT id, firm_id, lift_class, version, base, title, source, items FROM plan
WHERE firm_id = %(firm_id)s AND lift_class = %(lift_class)s ORDER BY version DESC LIMIT 1;

-- name: lock_firm
-- One at a time makes a new version of a firm's plan.
SELECT id FROM firm WHERE id = %(firm_id)s FOR UPDATE;

-- name: heard_since
-- Whether the platform has heard a lift lately.
SELECT 1 AS yes FROM lift_state WHERE lift_no = %(lift_no)s AND heard_at > %(since)s;

-- name: worker_of_firm
-- Somebody of a firm, with the last day of the best certificate.
SELECT w.id, w.name, (SELECT max(c.valid_until) FROM certificate c WHERE c.worker_id = w.id) AS valid_until
FROM worker w WHERE w.id = %(id)s AND w.firm_id = %(firm_id)s AND w.active;

-- name: add_visit
-- A visit of which something is known for the first time.
INSERT INTO visit (id, lift_no, firm_id, unit_id, state, created_at)
VALUES (%(id)s, %(lift_no)s, %(firm_id)s, %(unit_id)s, 'new', %(now)s) ON CONFLICT (id) DO NOTHING;

-- name: visit_lift
-- Which lift a visit is at, and whose it is, before anything is locked.
SELECT v.id, v.firm_id, v.lift_no, l.lift_id FROM visit v JOIN lift l USING (lift_no) WHERE v.id = %(id)s;

-- name: visit_for_update
-- One visit with what deciding needs of its lift, locked.
SELECT v.*, l.lift_id, l.lift_class, l.lat, l.lon, l.created_at AS lift_created_at
FROM visit v JOIN lift l USING (lift_no) WHERE v.id = %(id)s FOR UPDATE OF v;

-- name: other_on_site
-- Another visit that is going on at a lift.
SELECT id FROM visit WHERE lift_no = %(lift_no)s AND state = 'on_site' AND id <> %(id)s LIMIT 1;

-- name: entries
-- All that was received of a visit, in that order.
SELECT n, op_id, kind, device, device_n, device_at, done_at, at, clock_off_s, actor, channel, body, facts
FROM visit_entry WHERE visit_id = %(visit_id)s ORDER BY n;

-- name: add_entry
-- One more operation, or one more line of the story.
INSERT INTO visit_entry (visit_id, n, op_id, kind, device, device_n, device_at, done_at, at, clock_off_s, actor, channel,
    body, facts)
VALUES (%(visit_id)s, %(n)s, %(op_id)s, %(kind)s, %(device)s, %(device_n)s, %(device_at)s, %(done_at)s, %(at)s,
    %(clock_off_s)s, %(actor)s, %(channel)s, %(body)s, %(facts)s);

-- name: save_visit
-- What the operations of a visit come to.
UPDATE visit SET state = %(state)s, kind = %(kind)s, plan_id = %(plan_id)s, worker_id = %(worker_id)s,
    second_id = %(second_id)s, alone = %(alone)s, planned_s = %(planned_s)s, checked_in_at = %(checked_in_at)s,
    began_at = %(began_at)s, checked_out_at = %(checked_out_at)s, left_at = %(left_at)s,
    completed_at = %(completed_at)s, abnormal = %(abnormal)s, marks = %(marks)s, counted = %(counted)s,
    days_late = %(days_late)s, life_due_at = %(life_due_at)s, end_due_at = %(end_due_at)s, man_down = %(man_down)s, overrun = %(overrun)s,
    version = version + 1 WHERE id = %(id)s;

-- name: show_lift
-- Have a lift shown anew; what was decided about it stays as it is.
UPDATE lift_state SET feed_no = NULL, changed_at = %(now)s WHERE lift_no = %(lift_no)s;

-- name: open_incidents_of
-- Open incidents of a lift.
SELECT id, kind, state FROM incident
WHERE lift_no = %(lift_no)s AND state NOT IN ('closed', 'cleared', 'cancelled') ORDER BY id;

-- name: due_visits
-- Visits whose time has come, longest first: all but those that failed, or only those of them that are named again.
SELECT v.id FROM visit v
WHERE ((v.life_due_at <= %(now)s AND v.man_down IS NULL) OR (v.end_due_at <= %(now)s AND v.overrun IS NULL))
    AND (v.id = ANY(%(failed)s::text[])) = %(again)s
ORDER BY least(v.life_due_at, v.end_due_at) LIMIT %(limit)s;

-- name: try_lift
-- Take a lift's row where nobody else has it just now.
SELECT s.lift_no FROM lift_state s WHERE s.lift_no = %(lift_no)s FOR UPDATE SKIP LOCKED;

-- name: registry_of_lift
-- What the registry says of a lift, as `lock_states` gives it, without what is remembered of it.
SELECT lift_no, lift_id, registered, lift_class, model, firm_id, drill, building, rated_speed, floors FROM lift
WHERE lift_no = %(lift_no)s;

-- name: crew_of_visit
-- Who is on site.
SELECT w.name FROM visit v JOIN worker w ON w.id IN (v.worker_id, v.second_id) WHERE v.id = %(id)s
ORDER BY w.id = v.second_id;

-- name: set_alarm
-- What a visit's time has opened.
UPDATE visit SET man_down = coalesce(%(man_down)s, man_down), overrun = coalesce(%(overrun)s, overrun),
    version = version + 1 WHERE id = %(id)s;

-- name: orders_of_visit
-- What a visit has opened, held.
SELECT o.id, o.item_code, o.state, o.lift_no, l.lift_id, o.firm_id, o.visit_id FROM work_order o JOIN lift l USING (lift_no)
WHERE o.visit_id = %(visit_id)s AND o.state <> 'withdrawn' ORDER BY o.id FOR UPDATE OF o;

-- name: add_order
-- A new order.
INSERT INTO work_order (id, lift_no, firm_id, visit_id, item_code, text, photos, state, opened_at)
VALUES (%(id)s, %(lift_no)s, %(firm_id)s, %(visit_id)s, %(item_code)s, %(text)s, %(photos)s, 'open', %(now)s);

-- name: order_for_update
-- One order, held.
SELECT o.id, o.lift_no, l.lift_id, o.firm_id, o.visit_id, o.item_code, o.state
FROM work_order o JOIN lift l USING (lift_no) WHERE o.id = %(id)s FOR UPDATE OF o;

-- name: order_lift
-- Which lift an order is about, before anything is held.
SELECT lift_no FROM work_order WHERE id = %(id)s;

-- name: lift_by_no
-- The id of a lift.
SELECT lift_id FROM lift WHERE lift_no = %(lift_no)s;

-- name: order_photos
-- Photos whose digests stand in an order's story.
SELECT DISTINCT jsonb_object_keys(facts -> 'photos') AS name FROM order_entry
WHERE order_id = %(order_id)s AND facts ? 'photos';

-- name: save_order
-- An order's state and when it came to it.
UPDATE work_order SET state = %(state)s, version = version + 1,
    accepted_at = CASE WHEN %(state)s = 'accepted' THEN %(now)s WHEN %(state)s = 'open' THEN NULL ELSE accepted_at END,
    done_at = CASE WHEN %(state)s = 'done' THEN %(now)s WHEN %(state)s = 'open' THEN NULL ELSE done_at END,
    closed_at = CASE WHEN %(state)s IN ('closed', 'withdrawn') THEN %(now)s WHEN %(state)s = 'open' THEN NULL
        ELSE closed_at END
WHERE id = %(id)s;

-- name: add_order_entry
-- One more line of an order's story.
INSERT INTO order_entry (order_id, n, at, device_at, actor, action, from_state, to_state, text, photos, facts)
VALUES (%(order_id)s, (SELECT coalesce(max(n), 0) + 1 FROM order_entry WHERE order_id = %(order_id)s), %(now)s,
    %(device_at)s, %(actor)s, %(action)s, %(from_state)s, %(to_state)s, %(text)s, %(photos)s, %(facts)s)
RETURNING n;

-- name: last_entry
-- The number of the newest line of a visit's story.
SELECT max(n) AS n FROM visit_entry WHERE visit_id = %(visit_id)s;


-- name: photos_named
-- The photos that names mean in the record of a lift: by id or by digest, sent by the record's firm or by no firm.
SELECT DISTINCT ON (n.name) n.name, p.id, p.sha256, p.kept_sha256, p.taken_at, p.uploaded_at, p.size
FROM unnest(%(names)s::text[], %(digests)s::bytea[]) AS n (name, digest)
JOIN photo p ON p.id = n.name OR p.sha256 = n.digest
WHERE p.lift_no = %(lift_no)s AND (p.firm_id IS NULL OR p.firm_id = %(firm_id)s) ORDER BY n.name, p.id;

-- name: photos_used_elsewhere
-- Other visits that name these photos, or photos of the same bytes; each way of naming one is looked up by its key.
WITH asked AS (SELECT * FROM unnest(%(names)s::text[], %(digests)s::bytea[]) AS a (name, digest)), keys AS (
    SELECT name, name AS key FROM asked
    UNION SELECT name, encode(digest, 'hex') FROM asked WHERE digest IS NOT NULL
    UNION SELECT a.name, p.id FROM asked a JOIN photo p ON p.sha256 = a.digest
)
SELECT DISTINCT k.name, u.subject AS visit FROM keys k JOIN photo_use u ON u.name = k.key AND u.kind = 'visit'
WHERE u.subject <> %(visit_id)s ORDER BY k.name, u.subject;

-- name: use_photos
-- An entry names photos.
INSERT INTO photo_use (name, kind, subject, n, item, lift_no, firm_id)
SELECT name, %(kind)s, %(subject)s, %(n)s, item, %(lift_no)s, %(firm_id)s
FROM unnest(%(names)s::text[], %(items)s::text[]) AS new (name, item) ON CONFLICT DO NOTHING;

-- name: records_awaiting
-- Records of a lift that name a photo by one of these names; of its own firm, or of any where no firm sent it.
SELECT DISTINCT u.kind, u.subject, u.name FROM photo_use u
WHERE u.name = ANY(%(names)s) AND u.lift_no = %(lift_no)s
    AND (%(firm_id)s::text IS NULL OR u.firm_id = %(firm_id)s) ORDER BY u.kind DESC, u.subject, u.name;

-- name: visit_photos_reused
-- Photos of a visit whose bytes another visit names too; each way of naming one is looked up by its key.
WITH mine AS (
    SELECT m.name, p.id AS photo_id, coalesce(m.digest, p.sha256) AS digest FROM photo_use m
    LEFT JOIN photo p ON p.lift_no = m.lift_no AND (p.id = m.name OR p.sha256 = m.digest)
    WHERE m.kind = 'visit' AND m.subject = %(visit_id)s
), keys AS (
    SELECT name, photo_id, name AS key FROM mine
    UNION SELECT name, photo_id, encode(digest, 'hex') FROM mine WHERE digest IS NOT NULL
    UNION SELECT m.name, m.photo_id, q.id FROM mine m JOIN photo q ON q.sha256 = m.digest
)
SELECT DISTINCT ON (k.name, u.subject) k.name, k.photo_id, u.subject AS visit_id, l.lift_id, u.item
FROM keys k JOIN photo_use u ON u.name = k.key AND u.kind = 'visit' JOIN lift l ON l.lift_no = u.lift_no
WHERE u.subject <> %(visit_id)s ORDER BY k.name, u.subject, u.n, k.photo_id;

-- name: visit_photos_alike
-- Photos of a visit that show what a photo of another visit of the same firm shows; a picture without an edge says nothing.
SELECT DISTINCT ON (m.name, u.subject) m.name, p.id AS photo_id, u.subject AS visit_id, l.lift_id, u.item,
    bit_count((p.likeness # q.likeness)::bit(64))::int AS distance
FROM photo_use m
JOIN photo p ON p.lift_no = m.lift_no AND (p.id = m.name OR p.sha256 = m.digest)
JOIN photo q ON q.firm_id = m.firm_id AND q.uploaded_at >= %(since)s AND q.likeness <> 0
    AND bit_count((p.likeness # q.likeness)::bit(64)) <= %(most)s
JOIN photo_use u ON u.lift_no = q.lift_no AND (u.name = q.id OR u.digest = q.sha256)
JOIN lift l ON l.lift_no = u.lift_no
WHERE m.kind = 'visit' AND m.subject = %(visit_id)s AND p.likeness <> 0
    AND u.kind = 'visit' AND u.subject <> %(visit_id)s
ORDER BY m.name, u.subject, distance, u.n;

-- name: save_marks
-- What must be seen of a visit, after a photo has come.
UPDATE visit SET marks = %(marks)s, version = version + 1 WHERE id = %(id)s AND marks <> %(marks)s;
