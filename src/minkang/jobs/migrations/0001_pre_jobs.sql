-- What people see of work behind the pages. The queue itself is the library's (tables procrastinate_*).

CREATE TABLE job_board (
    job bigint PRIMARY KEY,           -- number in the queue
    task text NOT NULL,
    caller text NOT NULL,             -- who asked for it
    about jsonb NOT NULL DEFAULT '{}',  -- what lists show of it
    asked timestamptz NOT NULL DEFAULT now(),
    begun timestamptz,
    ended timestamptz,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    done bigint NOT NULL DEFAULT 0,
    total bigint,                     -- null where nobody knows
    fault text NOT NULL DEFAULT '',   -- code of the fault it failed with
    result jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX job_board_asked ON job_board (asked DESC, job DESC);
CREATE INDEX job_board_open ON job_board (asked) WHERE state IN ('waiting', 'running');
