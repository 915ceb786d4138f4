-- Area incidents, and the alarm that says we are blind: what lifts have lost, and which of them stand in a group.

-- Since when a lift is without power, or its link lost, by the platform's clock; null: it is not. Written with the
-- memory by whoever decides about the lift (alerts.desk).
ALTER TABLE lift_state ADD COLUMN power_lost_at timestamptz;
ALTER TABLE lift_state ADD COLUMN link_lost_at timestamptz;
CREATE INDEX lift_state_lost ON lift_state (greatest(power_lost_at, link_lost_at))
    WHERE power_lost_at IS NOT NULL OR link_lost_at IS NOT NULL;

-- The lifts of an area incident, or of the alarm that says we are blind. A lift stands in at most one of each.
CREATE TABLE area_lift (
    incident_id text NOT NULL REFERENCES incident,
    lift_no integer NOT NULL REFERENCES lift,
    kind text NOT NULL CHECK (kind IN ('area', 'blind')),
    since timestamptz NOT NULL,     -- when it lost power or link
    lost text NOT NULL CHECK (lost IN ('power', 'link')),
    occupied boolean,               -- null: not known
    rescue text REFERENCES incident,
    rescue_state text,
    back_at timestamptz,            -- heard and powered again
    settled_at timestamptz,         -- and what was folded of it has been looked at since
    left_at timestamptz,            -- the group is over for it
    seen bigint,                    -- version of its lift_state at the last look
    PRIMARY KEY (incident_id, lift_no)
);
CREATE UNIQUE INDEX area_lift_stands ON area_lift (lift_no, kind) WHERE left_at IS NULL;
CREATE INDEX area_lift_of ON area_lift (lift_no);
