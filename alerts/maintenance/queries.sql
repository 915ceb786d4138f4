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
