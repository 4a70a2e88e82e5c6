-- The audit trail.

-- name: add
-- Add the rows of several interactions at once.
INSERT INTO access_audit
    (at, caller, request, address, interaction, type, id, person, query, outcome, purpose, count)
SELECT * FROM jsonb_to_recordset(%(rows)s::text::jsonb) AS entry (
    at timestamptz, caller text, request text, address text, interaction text, type text, id text, person text,
    query text, outcome text, purpose text, count integer
);

-- name: months
-- Make the partitions of this month and the next.
SELECT access_audit_month(%(at)s::timestamptz), access_audit_month(%(at)s::timestamptz + interval '1 month');
