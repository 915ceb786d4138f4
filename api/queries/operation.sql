-- name: quarantine
-- A page of unreadable messages, newest first.
SELECT id, lift_id, topic, reason, detail, payload, received_at, replay_requested_at, replayed_at, replay_outcome
FROM quarantine WHERE (%(after)s::text IS NULL OR id < %(after)s) AND (%(lift_id)s::text IS NULL OR lift_id = %(lift_id)s)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: quarantined
-- One unreadable message, held.
SELECT id, lift_id, topic, reason, detail, payload, received_at, replay_requested_at, replayed_at, replay_outcome
FROM quarantine WHERE id = %(id)s FOR UPDATE;

-- name: ask_replay
-- Mark a message for the intake to take again.
UPDATE quarantine SET replay_requested_at = %(now)s, replay_requested_by = %(by)s, replayed_at = NULL,
    replay_outcome = NULL WHERE id = %(id)s;

-- name: overview
-- The installation at a glance, as far as an actor may see it.
SELECT count(*) AS lifts, count(*) FILTER (WHERE s.online) AS lifts_online
FROM lift l LEFT JOIN lift_state s USING (lift_no) WHERE {scope_lift};

-- name: blind_since
-- Since when a great part of all lifts is silent at once; everybody is told, whatever they may see.
SELECT min(opened_at) AS since FROM incident
WHERE kind = 'system' AND code = 'blind' AND state NOT IN ('closed', 'cleared', 'cancelled');

-- name: open_by_priority
-- Open incidents in the actor's scope, by priority.
SELECT i.priority, count(*) AS count FROM incident i LEFT JOIN lift l USING (lift_no)
WHERE i.state NOT IN ('closed', 'cleared', 'cancelled') AND {scope_incident} GROUP BY i.priority;

-- name: open_by_kind
-- Open incidents for the figures.
SELECT kind, priority, count(*) AS count FROM incident WHERE state NOT IN ('closed', 'cleared', 'cancelled')
GROUP BY kind, priority;

-- name: unknown_codes
-- A page of raw codes that no table knew, by lift model, the newest first.
SELECT l.model, u.raw, sum(u.count)::bigint AS count, min(u.first_seen_at) AS first_seen_at,
    max(u.last_seen_at) AS last_seen_at, count(*) AS lifts,
    (array_agg(l.lift_id ORDER BY u.last_seen_at DESC, l.lift_no))[1:20] AS lift_ids, max(u.id) AS newest_id
FROM unknown_code u JOIN lift l USING (lift_no)
WHERE %(model)s::text IS NULL OR l.model = %(model)s
GROUP BY l.model, u.raw
HAVING %(after)s::bigint IS NULL OR max(u.id) < %(after)s
ORDER BY newest_id DESC LIMIT %(limit)s;

-- name: online_lifts
-- Lifts whose link is up, for the figures.
SELECT count(*) AS count FROM lift_state WHERE online;

-- name: intake
-- Whether lifts are being listened to.
SELECT lane, alive_at, started_at, listening_since FROM intake;

-- name: service
-- When a service last said that it lives.
SELECT alive_at FROM service WHERE name = %(name)s;

-- name: ready
-- Whether the database answers.
SELECT 1 AS yes;
