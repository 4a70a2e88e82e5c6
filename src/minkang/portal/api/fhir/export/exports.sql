-- Bulk export jobs.

-- name: add
-- A new job.
INSERT INTO export_job (id, caller, scopes, request, plan, language)
VALUES (%(id)s, %(caller)s, %(scopes)s, %(request)s, %(plan)s::jsonb, %(language)s);

-- name: waiting
-- How many jobs of a caller have not ended.
SELECT count(*) FROM export_job WHERE caller = %(caller)s AND state IN ('queued', 'running');

-- name: find
-- One job of one caller.
SELECT id, caller, scopes, request, plan, language, state, attempts, finished_types, current, problem, created, started,
       finished, expires
FROM export_job WHERE id = %(id)s AND caller = %(caller)s AND state <> 'cancelled';

-- name: claim
-- Take the oldest job that waits, or whose worker has not been heard of for a while; each job has one taker.
UPDATE export_job SET state = 'running', attempts = attempts + 1, beat = now(), started = coalesce(started, now())
WHERE id = (
    SELECT id FROM export_job
    WHERE state = 'queued' OR (state = 'running' AND beat < now() - make_interval(secs => %(silence)s))
    ORDER BY created LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, caller, scopes, request, plan, language, state, attempts, finished_types, current, problem, created, started,
          finished, expires;

-- name: beat
-- Say that the job goes on; no row comes back when it was cancelled or taken by another worker.
UPDATE export_job SET beat = now(), current = %(current)s
WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s
RETURNING id;

-- name: finish_type
-- One type is written.
UPDATE export_job SET beat = now(), finished_types = finished_types || %(line)s::jsonb
WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s
RETURNING id;

-- name: finish
-- The job has ended, well or not.
UPDATE export_job
SET state = %(state)s, problem = %(problem)s, finished = now(), expires = now() + make_interval(secs => %(keep)s)
WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s
RETURNING id;

-- name: release
-- Give a job back, for another worker to carry on where this one stopped.
UPDATE export_job SET state = 'queued', attempts = attempts - 1 WHERE id = %(id)s AND state = 'running' AND attempts = %(attempts)s;

-- name: cancel
-- The caller wants no more of it.
UPDATE export_job SET state = 'cancelled', expires = now()
WHERE id = %(id)s AND caller = %(caller)s AND state <> 'cancelled'
RETURNING id;

-- name: expired
-- Jobs whose files may go.
SELECT id FROM export_job WHERE expires < now();

-- name: remove
-- Forget a job.
DELETE FROM export_job WHERE id = %(id)s AND expires < now();
