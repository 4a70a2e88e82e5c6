-- The audit trail.

-- name: add
-- Add the rows of several interactions at once.
INSERT INTO access_audit
    (at, caller, request, address, interaction, type, id, person, query, outcome, purpose, count)
SELECT * FROM unnest(
    %(at)s::timestamptz[], %(caller)s::text[], %(request)s::text[], %(address)s::text[], %(interaction)s::text[],
    %(type)s::text[], %(id)s::text[], %(person)s::text[], %(query)s::text[], %(outcome)s::text[], %(purpose)s::text[],
    %(count)s::integer[]
);

-- name: months
-- Make the partitions of this month and the next.
SELECT access_audit_month(%(at)s::timestamptz), access_audit_month(%(at)s::timestamptz + interval '1 month');
