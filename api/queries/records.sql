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
