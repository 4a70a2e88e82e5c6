-- Bulk exports: one row a job, so that any server process can carry it on and a restart loses nothing.

CREATE TABLE export_job (
    id text PRIMARY KEY,
    caller text NOT NULL,           -- only this caller sees the job and its files
    scopes text NOT NULL,           -- what the caller was granted at kick-off; the job reads no more than that
    request text NOT NULL,          -- address of the kick-off, shown in the manifest
    plan jsonb NOT NULL,            -- what to export (minkang.portal.api.fhir.export.plan.Plan)
    language text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    finished_types jsonb NOT NULL DEFAULT '[]',     -- [{"type": …, "count": …}], in the order they were written
    current text NOT NULL DEFAULT '',               -- the type being written, for X-Progress
    problem text NOT NULL DEFAULT '',               -- code of the fault that ended it
    created timestamptz NOT NULL DEFAULT now(),
    started timestamptz,
    beat timestamptz,               -- when its worker was last heard of
    finished timestamptz,
    expires timestamptz             -- when files and row are removed
);
CREATE INDEX export_job_waiting ON export_job (created) WHERE state IN ('queued', 'running');
