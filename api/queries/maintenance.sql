-- name: plans
-- A page of firms' own plans, newest first.
SELECT id, firm_id, lift_class, version, base, title, source, items FROM plan
WHERE firm_id IS NOT NULL AND (%(sees_all)s OR firm_id = %(firm_id)s)
    AND (%(lift_class)s::text IS NULL OR lift_class = %(lift_class)s) AND (%(after)s::text IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

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
