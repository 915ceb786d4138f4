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
