-- name: shadow_run
-- The run of the tried policy that is not over.
SELECT id, thresholds, began_at, heard_until, alive_at, heard, missed FROM shadow_run WHERE ended_at IS NULL;

-- name: shadow_rescues
-- What the tried policy would have opened, newest first.
SELECT s.id, l.lift_id, l.name, s.reason, s.opened_at, s.rang_at, s.ended_at, s.ended
FROM shadow_incident s JOIN lift l USING (lift_no)
WHERE s.run_id = %(run_id)s AND s.kind = 'rescue' AND NOT l.drill
    AND s.opened_at >= %(since)s AND s.opened_at < %(until)s
ORDER BY s.opened_at DESC LIMIT %(limit)s;

-- name: compared_rescues
-- Rescues that rules or people opened on a lift, as far as comparing them needs it, newest first.
SELECT i.id, l.lift_id, l.name, i.reason, i.state, i.opened_at, i.confirmed_at, i.causes, i.waits_for_person, i.persons,
    coalesce(i.released_at, i.closed_at) AS ended_at,
    (SELECT t.reason FROM timeline t WHERE t.incident_id = i.id AND t.action = 'cancel' ORDER BY t.n DESC LIMIT 1)
        AS cancelled_for,
    coalesce((SELECT t.actor->>'kind' <> 'system' FROM timeline t WHERE t.incident_id = i.id
        AND t.from_state = 'suspected' AND t.to_state <> 'suspected' ORDER BY t.n LIMIT 1), false) AS by_person
FROM incident i JOIN lift l USING (lift_no)
WHERE i.kind = 'rescue' AND NOT i.drill AND NOT i.unreadable AND i.opened_at >= %(since)s AND i.opened_at < %(until)s
ORDER BY i.opened_at DESC LIMIT %(limit)s;
