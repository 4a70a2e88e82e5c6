-- What the lake reads of the record store beside its feed.

-- name: horizon
-- The epoch of the feed, and the transaction below which it is complete.
SELECT epoch, feed_horizon() FROM feed_epoch;

-- name: epoch
-- How often the store was restored from a copy.
SELECT epoch FROM feed_epoch;

-- name: everything
-- The next records of a type with the version that was current below a transaction; no body where deleted or later.
WITH next AS MATERIALIZED (
    SELECT rid, id FROM record WHERE type = %(type)s AND rid > %(after)s ORDER BY rid LIMIT %(limit)s
)
SELECT next.rid, next.id, v.body
FROM next
LEFT JOIN LATERAL (
    SELECT body FROM record_version AS o
    WHERE o.type = %(type)s AND o.rid = next.rid AND o.txid < %(below)s
    ORDER BY o.version DESC
    LIMIT 1
) AS v ON true
ORDER BY next.rid;

-- name: count
-- How many records of a type there are, deleted ones included.
SELECT count(*) FROM record WHERE type = %(type)s;

-- name: audit_days
-- Looks and writes by day, interaction, type, outcome and kind of caller; nobody is named.
SELECT (at AT TIME ZONE %(zone)s)::date, interaction, type, outcome,
       CASE WHEN caller LIKE 'program:%%' THEN 'program' ELSE 'caller' END,
       count(*), coalesce(sum(count), 0)::bigint, count(DISTINCT caller)
FROM access_audit
WHERE at >= %(since)s
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5;
