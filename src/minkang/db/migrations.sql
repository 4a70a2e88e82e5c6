-- Bookkeeping of migrations.

-- name: prepare
-- Make the table that says which steps ran.
CREATE TABLE IF NOT EXISTS schema_migration (
    package text NOT NULL,
    number integer NOT NULL,
    stage text NOT NULL CHECK (stage IN ('pre', 'post')),
    name text NOT NULL,
    checksum text NOT NULL,
    program text NOT NULL,
    seconds double precision NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, number, stage)
);

-- name: prepared
-- Whether that table is there.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: applied
-- Every step that ran.
SELECT package, number, stage, name, checksum, program, at FROM schema_migration ORDER BY at, package, number, stage DESC;

-- name: record
-- Note a step that ran; in the same transaction as the step.
INSERT INTO schema_migration (package, number, stage, name, checksum, program, seconds)
VALUES (%(package)s, %(number)s, %(stage)s, %(name)s, %(checksum)s, %(program)s, %(seconds)s);

-- name: take_turn
-- Wait until no other process migrates this database; held until the connection closes.
SELECT pg_advisory_lock(%(lock)s);
