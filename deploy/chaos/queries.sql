-- name: samples
-- The keys of samples received since a moment.
SELECT l.lift_id, s.boot, s.seq, s.ts FROM sample s JOIN lift l USING (lift_no) WHERE s.received_at >= %(since)s;

-- name: events
-- The keys of events received since a moment, a reused key as often as it was used.
SELECT l.lift_id, e.boot, e.seq, e.ts FROM event e JOIN lift l USING (lift_no) WHERE e.received_at >= %(since)s;

-- name: links
-- Every statement about a link.
SELECT l.lift_id, k.ts FROM link k JOIN lift l USING (lift_no) WHERE k.ts IS NOT NULL;

-- name: quarantine
-- Everything unreadable.
SELECT lift_id, topic, payload, reason, detail FROM quarantine;

-- name: rescues
-- Every rescue and its lift.
SELECT i.id, l.lift_id FROM incident i LEFT JOIN lift l USING (lift_no) WHERE i.kind = 'rescue';

-- name: backends
-- The server's processes that work for a lane, or for the chores beside it.
SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'liftline ingest %%' ORDER BY pid;

-- name: terminate
-- End a server process in order.
SELECT pg_terminate_backend(%(pid)s);

-- name: lock_lifts
-- Hold the rule memories of some lifts, as a hung transaction would.
SELECT lift_no FROM lift_state ORDER BY lift_no LIMIT %(limit)s FOR UPDATE;

-- name: listening
-- The lanes that have read all that was queued.
SELECT lane FROM intake WHERE listening_since IS NOT NULL;
