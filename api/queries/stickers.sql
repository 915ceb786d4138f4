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
