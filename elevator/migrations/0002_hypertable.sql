-- The one place where TimescaleDB makes a difference: `sample` becomes a hypertable of one-day chunks.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('sample', 'ts', chunk_time_interval => interval '1 day',
            create_default_indexes => false);
    END IF;
END $$;
