-- The board of jobs.

-- name: ask
-- Put a job on the board.
INSERT INTO job_board (job, task, caller, about) VALUES (%(job)s, %(task)s, %(caller)s, %(about)s::jsonb)
ON CONFLICT (job) DO NOTHING;

-- name: begin
-- The job has begun (again); one that the clock asked for comes on the board now.
INSERT INTO job_board (job, task, caller, state, begun) VALUES (%(job)s, %(task)s, 'program:clock', 'running', now())
ON CONFLICT (job) DO UPDATE SET state = 'running', begun = now(), ended = NULL, fault = '';

-- name: progress
-- How far it has come.
UPDATE job_board SET done = %(done)s, total = %(total)s WHERE job = %(job)s;

-- name: finish
-- How it ended.
UPDATE job_board SET state = %(state)s, ended = now(), fault = %(fault)s, result = %(result)s::jsonb WHERE job = %(job)s;

-- name: one
-- One job.
SELECT job, task, caller, about, asked, begun, ended, state, done, total, fault, result FROM job_board
WHERE job = %(job)s;

-- name: newest
-- Jobs, those asked for last first, from behind a place on; of one state where it is named.
SELECT job, task, caller, about, asked, begun, ended, state, done, total, fault, result FROM job_board
WHERE (%(state)s = '' OR state = %(state)s) AND (%(before)s::bigint IS NULL OR job < %(before)s)
ORDER BY job DESC LIMIT %(count)s;

-- name: clear
-- Forget the board's rows of jobs that ended long ago.
DELETE FROM job_board WHERE ended < now() - make_interval(days => %(days)s);

-- name: queue_there
-- Whether the library's tables are there.
SELECT to_regclass('procrastinate_jobs') IS NOT NULL;

-- name: abandon
-- Jobs whose worker died are put back; the library counts the attempts.
SELECT id, task_name FROM procrastinate_jobs
WHERE status = 'doing' AND (worker_id IS NULL OR worker_id NOT IN (
    SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %(silence)s)));
