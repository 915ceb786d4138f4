-- name: scope_incident
-- A part of other queries: whether an actor may see incident `i` on lift `l`; who works there sees what is open.
(%(sees_all)s
 OR (%(role)s = 'firm' AND (l.firm_id = %(firm_id)s OR EXISTS (
        SELECT 1 FROM assignment sa WHERE sa.incident_id = i.id AND sa.firm_id = %(firm_id)s)))
 OR (%(role)s = 'responder' AND EXISTS (SELECT 1 FROM assignment sa WHERE sa.incident_id = i.id
        AND (sa.unit_id = %(unit_id)s OR (sa.unit_id IS NULL AND sa.firm_id = %(firm_id)s))))
 OR (%(role)s = 'responder' AND i.state NOT IN ('closed', 'cleared', 'cancelled') AND EXISTS (
        SELECT 1 FROM visit sv WHERE sv.lift_no = i.lift_no AND sv.state = 'on_site'
        AND sv.firm_id = %(firm_id)s AND (sv.unit_id = %(unit_id)s OR sv.unit_id IS NULL)))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_lift
-- A part of other queries: whether an actor may see lift `l`; those who rescue see it while its incident is open.
(%(sees_all)s
 OR (%(role)s = 'firm' AND l.firm_id = %(firm_id)s)
 OR (%(role)s IN ('firm', 'responder') AND EXISTS (
        SELECT 1 FROM incident si JOIN assignment sa ON sa.incident_id = si.id
        WHERE si.lift_no = l.lift_no AND si.state NOT IN ('closed', 'cleared', 'cancelled')
        AND ((%(role)s = 'firm' AND sa.firm_id = %(firm_id)s) OR (%(role)s = 'responder'
            AND (sa.unit_id = %(unit_id)s OR (sa.unit_id IS NULL AND sa.firm_id = %(firm_id)s))))))
 OR (%(role)s = 'responder' AND EXISTS (SELECT 1 FROM visit sv WHERE sv.lift_no = l.lift_no AND sv.state = 'on_site'
        AND sv.firm_id = %(firm_id)s AND (sv.unit_id = %(unit_id)s OR sv.unit_id IS NULL)))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_upkeep
-- A part of other queries: whether an actor may see the maintenance of lift `l`: its firm with all its crews, its house.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND l.firm_id = %(firm_id)s)
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_visit
-- A part of other queries: whether an actor may see visit `v` at lift `l`; the records stay with the lift.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (v.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_order
-- A part of other queries: whether an actor may see order `o` at lift `l`.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (o.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: scope_photo
-- A part of other queries: whether an actor may see photo `p` of lift `l`: who sent it, and who has the lift in his care.
(%(sees_all)s
 OR (%(role)s IN ('firm', 'responder') AND (p.firm_id = %(firm_id)s OR l.firm_id = %(firm_id)s))
 OR (%(role)s = 'property' AND l.building = %(building)s));

-- name: visit_columns
-- A part of other queries: a visit in lists.
v.id, v.lift_no, v.firm_id, v.unit_id, v.state, v.kind, v.plan_id, v.alone, v.planned_s, v.checked_in_at, v.began_at,
v.checked_out_at, v.left_at, v.completed_at, v.life_due_at, v.end_due_at, v.abnormal, v.marks, v.version, l.lift_id,
l.name, l.building, l.district, f.name AS firm_name, w.name AS worker_name, w2.name AS second_name;

-- name: order_columns
-- A part of other queries: an order in lists.
o.id, o.lift_no, o.firm_id, o.visit_id, o.item_code, o.text, o.photos, o.state, o.opened_at, o.accepted_at, o.done_at,
o.closed_at, o.version, l.lift_id, l.name, l.building, l.district, f.name AS firm_name;

-- name: lift_columns
-- A part of other queries: a lift as it is shown.
l.lift_no, l.lift_id, l.registered, l.rescue_code, l.name, l.lift_class, l.address, l.building, l.district, l.feeder,
l.gateway, l.lat, l.lon, l.firm_id, f.name AS firm_name, l.model, l.rated_speed, l.load_rated, l.floors,
l.commissioned_on, l.drill, s.memory, s.online, s.heard_at,
(SELECT jsonb_build_object('id', v.id, 'kind', v.kind, 'since', v.began_at, 'alone', v.alone, 'firm', v.firm_id,
        'unit', v.unit_id, 'workers', array_remove(ARRAY[w.name, w2.name], NULL))
    FROM visit v LEFT JOIN worker w ON w.id = v.worker_id LEFT JOIN worker w2 ON w2.id = v.second_id
    WHERE v.lift_no = l.lift_no AND v.state = 'on_site' ORDER BY v.id DESC LIMIT 1) AS visit;

-- name: incident_columns
-- A part of other queries: an incident in lists.
i.id, i.kind, i.priority, i.state, i.reason, i.code, i.causes, i.tier, i.version, i.ringing, i.waits_for_person,
i.confirm_at, i.clear_at, i.opened_at, i.confirmed_at, i.acknowledged_at, i.dispatched_at, i.accepted_at, i.arrived_at,
i.released_at, i.closed_at, i.event_ts, i.received_at, i.drill, i.unregistered, i.unreadable, i.area, i.previous,
i.duplicate_of, i.place, i.caller, i.callers, i.persons, i.injured, i.cause, i.detail, i.lift_no, l.lift_id,
l.rescue_code, l.name, l.address, l.building, l.district, l.lat, l.lon, l.firm_id, f.name AS firm_name,
(SELECT jsonb_agg(jsonb_build_array(v.firm_id, v.unit_id)) FROM visit v
    WHERE v.lift_no = i.lift_no AND v.state = 'on_site') AS on_site;
