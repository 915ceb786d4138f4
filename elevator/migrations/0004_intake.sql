-- Memories that the intake writes behind: whoever decides about a lift makes older copies of its memory worthless.
ALTER TABLE lift_state ADD COLUMN version bigint NOT NULL DEFAULT 0;

-- Who reads which broker: one holder for each prefix of client ids; its transactions hold the row shared, so a new
-- holder waits for what the old one has in hand.
CREATE TABLE intake_lease (
    name text PRIMARY KEY,          -- prefix of the MQTT client ids
    holder text NOT NULL,
    term bigint NOT NULL,           -- counts the holders
    taken_at timestamptz NOT NULL
);

-- Numbers that are missing between a lift's messages; what comes late fills them again.
CREATE TABLE sequence_gap (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lift_no integer NOT NULL REFERENCES lift,
    topic text NOT NULL CHECK (topic IN ('telemetry', 'event')),
    boot text NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    missing bigint NOT NULL,        -- still, of these numbers
    noticed_at timestamptz NOT NULL,
    filled_at timestamptz           -- when the last of them came
);
CREATE INDEX sequence_gap_by_lift ON sequence_gap (lift_no, id);
CREATE INDEX sequence_gap_open ON sequence_gap (lift_no, topic, boot, first_seq) WHERE missing > 0;
