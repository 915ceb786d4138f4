-- Storage that keeps itself: roll-ups of `sample`, a table for lifts whose clock is far off, and marks of how far the
-- work has come (ADR 0009). Who writes these tables: elevator.storage, and for `sample_stray` the intake as well.

-- Finds what was received lately, whatever the lifts' clocks say. A summary of a few bytes for each 32 pages: rows come
-- in the order of their receipt.
CREATE INDEX sample_by_receipt ON sample USING brin (received_at) WITH (pages_per_range = 32);

-- Samples whose `ts` lies outside what `sample` keeps: a clock at 1970 or 2106 would make a chunk for each of its days,
-- and retention by `ts` would throw away what was received a minute ago. Same columns, plain table.
CREATE TABLE sample_stray (
    lift_no integer NOT NULL,
    ts timestamptz NOT NULL,
    boot text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL,
    mode smallint NOT NULL,
    floor text,
    moving boolean,
    door_zone boolean,
    door smallint,
    direction smallint,
    speed real,
    position real,
    occupied boolean,
    people integer,
    load real,
    power smallint,
    safety_chain smallint,
    door_command smallint,
    car_calls integer,
    faults text[],
    trips double precision,
    running_hours double precision,
    temperature real,
    replay boolean NOT NULL,
    late boolean NOT NULL,
    PRIMARY KEY (lift_no, ts, boot, seq)
);
CREATE INDEX sample_stray_by_receipt ON sample_stray (received_at);

-- One minute of one lift. Shares are in seconds, so that they add up; `known_s` is how long the state was known.
CREATE TABLE sample_minute (
    lift_no integer NOT NULL,
    bucket timestamptz NOT NULL,
    ts timestamptz NOT NULL,            -- from here to `power`: the last sample's
    received_at timestamptz NOT NULL,
    count integer NOT NULL,
    mode smallint NOT NULL,
    door smallint,
    power smallint,
    moving boolean,
    door_zone boolean,
    occupied boolean,
    late boolean NOT NULL,
    speed real,
    position real,
    speed_min real,
    speed_max real,
    speed_avg real,                     -- by time, not by sample
    position_min real,
    position_max real,
    load_min real,
    load_max real,
    temperature_min real,
    temperature_max real,
    known_s real NOT NULL,
    moving_s real NOT NULL,
    door_open_s real NOT NULL,
    occupied_s real,                    -- null: no working sensor
    off_mains_s real NOT NULL,
    door_cycles integer NOT NULL,       -- times that the door came to be open
    trips_first double precision,
    trips_last double precision,
    floor text,
    floor_first text,
    codes text[],                       -- every code that was listed
    PRIMARY KEY (lift_no, bucket)
);

-- One hour of one lift, made of its minutes; written again as they come, hence the room.
CREATE TABLE sample_hour (
    lift_no integer NOT NULL,
    bucket timestamptz NOT NULL,
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    count integer NOT NULL,
    mode smallint NOT NULL,
    door smallint,
    power smallint,
    moving boolean,
    door_zone boolean,
    occupied boolean,
    late boolean NOT NULL,
    speed real,
    position real,
    speed_min real,
    speed_max real,
    speed_avg real,
    position_min real,
    position_max real,
    load_min real,
    load_max real,
    temperature_min real,
    temperature_max real,
    known_s real NOT NULL,
    moving_s real NOT NULL,
    door_open_s real NOT NULL,
    occupied_s real,
    off_mains_s real NOT NULL,
    door_cycles integer NOT NULL,
    trips_first double precision,
    trips_last double precision,
    floor text,
    floor_first text,
    codes text[],
    PRIMARY KEY (lift_no, bucket)
) WITH (fillfactor = 50);

-- Up to which receipt samples are rolled up: `fresh` soon after, `settled` a second time for what was committed late.
CREATE TABLE storage_mark (
    name text PRIMARY KEY,
    at timestamptz NOT NULL
);

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('sample_minute', 'bucket', chunk_time_interval => interval '7 days',
            create_default_indexes => false);
        PERFORM create_hypertable('sample_hour', 'bucket', chunk_time_interval => interval '60 days',
            create_default_indexes => false);
    END IF;
END $$;
