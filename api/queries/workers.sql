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
