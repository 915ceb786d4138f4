-- name: unjudged
-- Visits whose plausibility was not computed as they are now, or must be anew: all but those that failed, or only those.
(SELECT id FROM visit
WHERE state IN ('left', 'complete') AND judged IS DISTINCT FROM version AND checked_out_at <= %(before)s
    AND (id = ANY(%(failed)s::text[])) = %(again)s
ORDER BY checked_out_at LIMIT %(limit)s)
UNION
(SELECT visit_id FROM visit_plausibility
WHERE look_at <= %(now)s AND (visit_id = ANY(%(failed)s::text[])) = %(again)s ORDER BY look_at LIMIT %(limit)s);

-- name: take_visit
-- One of them with what judging needs of its lift, held; another worker may have it.
SELECT v.id, v.state, v.version, v.judged, v.firm_id, v.lift_no, v.worker_id, v.second_id, l.lift_class, l.lat, l.lon
FROM visit v JOIN lift l USING (lift_no)
WHERE v.id = %(id)s AND v.state IN ('left', 'complete') FOR UPDATE OF v SKIP LOCKED;

-- name: clock_offset
-- How far a lift's clock was ahead of ours when it last said hello.
SELECT ts - received_at AS ahead FROM link
WHERE lift_no = %(lift_no)s AND received_at <= %(until)s AND ts IS NOT NULL AND online AND NOT retained
ORDER BY received_at DESC LIMIT 1;

-- name: samples
-- What a lift told over a stretch of its own clock.
SELECT ts, received_at, boot, mode, moving, door_zone, door, power, safety_chain, floor, replay FROM (
    SELECT * FROM sample WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < %(until)s
    UNION ALL
    SELECT * FROM sample_stray WHERE lift_no = %(lift_no)s AND ts >= %(since)s AND ts < %(until)s
) both_tables ORDER BY ts, boot, seq LIMIT %(limit)s;

-- name: has_shown
-- Whether a lift has shown inspection mode at another visit.
SELECT 1 AS yes FROM visit_plausibility
WHERE lift_no = %(lift_no)s AND inspection_s >= %(least)s AND visit_id <> %(visit_id)s LIMIT 1;

-- name: others
-- Other visits of the same people at about the same time.
SELECT p.visit_id, p.began_at, p.left_at, w.name AS worker, coalesce(l.name, l.lift_id) AS lift, l.lat, l.lon
FROM unnest(%(workers)s::text[]) AS one (id)
JOIN visit_plausibility p ON (p.worker_id = one.id OR p.second_id = one.id)
    AND p.began_at >= %(since)s AND p.began_at < %(until)s
JOIN lift l ON l.lift_no = p.lift_no JOIN worker w ON w.id = one.id
WHERE p.visit_id <> %(visit_id)s ORDER BY p.began_at LIMIT 50;

-- name: visits_told_of
-- Other visits, when they began, and at which lift.
SELECT v.id, v.lift_no, coalesce(p.began_at, v.began_at) AS began_at, coalesce(l.name, l.lift_id) AS lift
FROM visit v JOIN lift l USING (lift_no) LEFT JOIN visit_plausibility p ON p.visit_id = v.id
WHERE v.id = ANY(%(ids)s) AND v.state NOT IN ('new', 'void');

-- name: drawn_before
-- Signatures of earlier visits that were drawn exactly so.
SELECT DISTINCT ON (m.hash, m.officer) m.name, m.officer, o.visit_id
FROM unnest(%(hashes)s::bytea[], %(names)s::text[], %(officers)s::boolean[]) AS m (hash, name, officer)
JOIN visit_drawing o ON o.hash = m.hash AND o.began_at < %(began_at)s
WHERE o.visit_id <> %(visit_id)s ORDER BY m.hash, m.officer, o.began_at;

-- name: save
-- What a visit's plausibility came to.
INSERT INTO visit_plausibility (visit_id, lift_no, firm_id, worker_id, second_id, began_at, left_at, level, score,
    thresholds, evidence, items, telemetry, inspection_s, computed_at, look_at)
VALUES (%(visit_id)s, %(lift_no)s, %(firm_id)s, %(worker_id)s, %(second_id)s, %(began_at)s, %(left_at)s, %(level)s,
    %(score)s, %(thresholds)s, %(evidence)s, %(items)s, %(telemetry)s, %(inspection_s)s, %(now)s, %(look_at)s)
ON CONFLICT (visit_id) DO UPDATE SET worker_id = EXCLUDED.worker_id, second_id = EXCLUDED.second_id,
    began_at = EXCLUDED.began_at, left_at = EXCLUDED.left_at, level = EXCLUDED.level, score = EXCLUDED.score,
    thresholds = EXCLUDED.thresholds, evidence = EXCLUDED.evidence, items = EXCLUDED.items,
    telemetry = EXCLUDED.telemetry, inspection_s = EXCLUDED.inspection_s, computed_at = EXCLUDED.computed_at,
    look_at = EXCLUDED.look_at;

-- name: set_judged
-- The visit, in this version, is judged.
UPDATE visit SET judged = %(version)s WHERE id = %(visit_id)s;

-- name: forget_drawings
-- Signatures of a visit that are about to be written anew.
DELETE FROM visit_drawing WHERE visit_id = %(visit_id)s;

-- name: keep_drawings
-- What later visits' signatures are held against.
INSERT INTO visit_drawing (visit_id, hash, name, officer, began_at)
SELECT %(visit_id)s, n.hash, n.name, n.officer, %(began_at)s
FROM unnest(%(hashes)s::bytea[], %(names)s::text[], %(officers)s::boolean[]) AS n (hash, name, officer)
ON CONFLICT DO NOTHING;

-- name: wake_others
-- Visits that this one may say something about: of the same people, and later ones with its photos or signatures.
UPDATE visit_plausibility p SET look_at = %(now)s
WHERE p.visit_id <> %(visit_id)s AND p.visit_id IN (
    SELECT visit_id FROM visit_plausibility WHERE worker_id = ANY(%(workers)s) AND began_at >= %(since)s AND began_at < %(until)s
    UNION SELECT visit_id FROM visit_plausibility
        WHERE second_id = ANY(%(workers)s) AND began_at >= %(since)s AND began_at < %(until)s
    UNION SELECT unnest(%(photos)s::text[])
    UNION SELECT o.visit_id FROM visit_drawing m JOIN visit_drawing o ON o.hash = m.hash
        WHERE m.visit_id = %(visit_id)s AND o.began_at > %(began_at)s);
