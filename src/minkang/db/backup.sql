-- Statements of backup and restore.

-- name: tables
-- Every table with rows of its own, outside PostgreSQL's schemas and extensions: partitions, not their parents.
SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (
      SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY 1, 2;

-- name: schemas
-- Every schema that is not PostgreSQL's own.
SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%' ORDER BY 1;

-- name: snapshot
-- Give this transaction's view of the data a name, under which others can share it.
SELECT pg_export_snapshot();
