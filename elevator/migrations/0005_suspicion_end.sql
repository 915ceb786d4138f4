-- When a suspicion will be cleared by itself, beside when it will confirm: what decides itself says what comes and when.
ALTER TABLE incident ADD COLUMN clear_at timestamptz;
