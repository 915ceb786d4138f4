-- name: webhooks
-- A page of webhooks, newest first.
SELECT id, url, firm_id, active FROM webhook
WHERE (%(after)s::text IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: add_webhook
-- A new webhook; its secret signs, so it must be kept as it is.
INSERT INTO webhook (id, url, firm_id, secret, active, created_at)
VALUES (%(id)s, %(url)s, %(firm_id)s, %(secret)s, %(active)s, %(now)s);

-- name: save_webhook
-- Where a webhook goes, and whether it does.
UPDATE webhook SET url = %(url)s, firm_id = %(firm_id)s, active = %(active)s WHERE id = %(id)s RETURNING id;

-- name: remove_webhook
-- No more messages to this address.
DELETE FROM webhook WHERE id = %(id)s RETURNING id;

-- name: relay_turn
-- One relay at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(%(lock)s) AS mine;

-- name: lift_turn
-- The one process that numbers changed lifts, so that each is shown at most once a second.
SELECT pg_try_advisory_lock(%(lock)s) AS mine;

-- name: lift_turn_over
-- Nobody listens here any more.
SELECT pg_advisory_unlock(%(lock)s);

-- name: number_feed
-- Give committed feed lines their numbers, in order.
WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM feed WHERE no IS NULL ORDER BY id LIMIT %(limit)s),
    head AS (UPDATE feed_head SET no = no + (SELECT count(*) FROM fresh) WHERE EXISTS (SELECT 1 FROM fresh)
        RETURNING no - (SELECT count(*) FROM fresh) AS base)
UPDATE feed SET no = head.base + fresh.n FROM fresh, head WHERE feed.id = fresh.id;

-- name: number_lifts
-- Give changed lifts a number, those that have waited longest first; one that is being written waits for the next turn.
WITH fresh AS (SELECT lift_no FROM lift_state WHERE feed_no IS NULL ORDER BY changed_at LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED),
    counted AS (SELECT lift_no, row_number() OVER (ORDER BY lift_no) AS n FROM fresh),
    head AS (UPDATE feed_head SET no = no + (SELECT count(*) FROM counted) WHERE EXISTS (SELECT 1 FROM counted)
        RETURNING no - (SELECT count(*) FROM counted) AS base)
UPDATE lift_state SET feed_no = head.base + counted.n FROM counted, head WHERE lift_state.lift_no = counted.lift_no;

-- name: feed_head
-- The newest number, the oldest that can be resumed from, and whether lines wait for a number too long.
SELECT no, oldest, EXISTS (SELECT 1 FROM feed WHERE feed.no IS NULL AND at < %(before)s) AS stuck FROM feed_head;

-- name: feed_after
-- What came after a number, in order, in one look: feed lines and lifts share one counter.
SELECT h.no AS head, h.oldest, n.no, n.kind, n.ref FROM feed_head h LEFT JOIN LATERAL (
    SELECT no, kind, ref FROM feed WHERE no > %(after)s
    UNION ALL
    SELECT feed_no, 'lift', lift_no::text FROM lift_state WHERE feed_no > %(after)s
    ORDER BY 1 LIMIT %(limit)s
) n ON true ORDER BY n.no;

-- name: fed_lifts
-- Lifts for the consoles, with whom else their open incidents concern.
SELECT {lift_columns}, o.firms, o.units, o.unbound
FROM lift l LEFT JOIN firm f ON f.id = l.firm_id LEFT JOIN lift_state s USING (lift_no)
LEFT JOIN (SELECT i.lift_no, array_agg(a.firm_id) AS firms, array_agg(a.unit_id) AS units,
        array_agg(a.firm_id) FILTER (WHERE a.unit_id IS NULL) AS unbound
    FROM incident i JOIN assignment a ON a.incident_id = i.id
    WHERE i.state NOT IN ('closed', 'cleared', 'cancelled') GROUP BY i.lift_no) o USING (lift_no)
WHERE l.lift_no = ANY(%(lift_nos)s);

-- name: fed_messages
-- Messages for the consoles.
SELECT id, incident_id, target, body, created_at FROM outbox WHERE id = ANY(%(ids)s) AND channel = 'console';
