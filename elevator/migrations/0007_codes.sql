-- What a lift really said where its makers' codes were translated: the words of `faults`, one for one.
ALTER TABLE sample ADD COLUMN raw_faults text[];
ALTER TABLE sample_stray ADD COLUMN raw_faults text[];

-- Raw codes that no mapping table knows, counted for each lift; listed by lift model, so that the tables can be mended.
CREATE TABLE unknown_code (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    lift_no integer NOT NULL REFERENCES lift,
    raw text NOT NULL,
    count bigint NOT NULL,          -- events, and times that a sample began to list it
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (lift_no, raw)
);
