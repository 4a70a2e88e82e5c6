-- Long work as its page lists it.

-- name: exports
-- The newest exports of all callers.
SELECT id, caller, state, jsonb_array_length(finished_types), current, problem, created, started, finished
FROM export_job ORDER BY created DESC LIMIT %(count)s;
