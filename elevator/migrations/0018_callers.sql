-- Several people may report the same entrapment: every number is kept, in the order of the reports.

ALTER TABLE incident ADD COLUMN callers text[] NOT NULL DEFAULT '{}';
UPDATE incident SET callers = ARRAY[caller] WHERE caller IS NOT NULL;

-- Written in one place only: the one number that programs knew so far is the first of them.
ALTER TABLE incident DROP COLUMN caller;
ALTER TABLE incident ADD COLUMN caller text GENERATED ALWAYS AS (callers[1]) STORED;
