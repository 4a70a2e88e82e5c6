-- What the status line says of the data as a whole.

-- name: newest
-- When the newest version was written, and that version, whose label says whether it is synthetic.
SELECT at, body FROM record_version ORDER BY at DESC, rid DESC, version DESC LIMIT 1;

-- name: running
-- Exports that wait or run.
SELECT count(*) FROM export_job WHERE state IN ('queued', 'running');
