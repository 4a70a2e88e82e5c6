-- What writes records. Columns come as arrays, packed by minkang.records.postgres.packing.

-- name: store
-- Store versions with their search keys and the audit row: one statement for one resource and for thousands. Gives how
-- many records it wrote; fewer than were sent means that another writer was there first, and nothing may be committed.
WITH incoming AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(record_type)s::smallint[], %(record_key)s::uuid[], %(record_rid)s::bigint[], %(record_id)s::text[],
        %(record_version)s::integer[], %(record_at)s::timestamptz[], %(record_method)s::smallint[],
        %(record_present)s::text[], %(record_body)s::bytea[]
    ) AS incoming (type, key, rid, id, version, at, method, present, body)
), records AS (
    INSERT INTO record (type, key, rid, id, version, deleted, at, present)
    SELECT type, key, rid, id, version, method = 3, at, present::integer[] FROM incoming
    ON CONFLICT (type, key) DO UPDATE
    SET version = EXCLUDED.version, deleted = EXCLUDED.deleted, at = EXCLUDED.at, present = EXCLUDED.present
    WHERE record.version = EXCLUDED.version - 1 AND record.rid = EXCLUDED.rid
    RETURNING 1
), versions AS (
    INSERT INTO record_version (type, rid, version, txid, at, method, body)
    SELECT type, rid, version, (SELECT feed_txid()), at, method, body FROM incoming
), tokens AS (
    INSERT INTO search_token (type, key, rid, grp)
    SELECT * FROM unnest(
        %(token_type)s::smallint[], %(token_key)s::uuid[], %(token_rid)s::bigint[], %(token_grp)s::smallint[]
    )
), target_rows AS (
    INSERT INTO search_reference (type, branch, target, rid, grp)
    SELECT * FROM unnest(
        %(reference_type)s::smallint[], %(reference_branch)s::integer[], %(reference_target)s::uuid[],
        %(reference_rid)s::bigint[], %(reference_grp)s::smallint[]
    )
), dates AS (
    INSERT INTO search_date (type, branch, low, high, rid, grp)
    SELECT * FROM unnest(
        %(date_type)s::smallint[], %(date_branch)s::integer[], %(date_low)s::timestamptz[],
        %(date_high)s::timestamptz[], %(date_rid)s::bigint[], %(date_grp)s::smallint[]
    )
), numbers AS (
    INSERT INTO search_number (type, branch, low, high, unit, rid, grp)
    SELECT * FROM unnest(
        %(number_type)s::smallint[], %(number_branch)s::integer[], %(number_low)s::numeric[],
        %(number_high)s::numeric[], %(number_unit)s::text[], %(number_rid)s::bigint[], %(number_grp)s::smallint[]
    )
), words AS (
    INSERT INTO search_text (type, branch, folded, value, rid, grp)
    SELECT * FROM unnest(
        %(text_type)s::smallint[], %(text_branch)s::integer[], %(text_folded)s::text[], %(text_value)s::text[],
        %(text_rid)s::bigint[], %(text_grp)s::smallint[]
    )
)
SELECT count(*)::integer FROM records;

-- name: audit
-- Add the audit row of a write, in the write's own transaction.
INSERT INTO access_audit
    (at, caller, request, address, interaction, type, id, person, query, outcome, purpose, count, txid)
VALUES (
    %(at)s, %(caller)s, %(request)s, %(address)s, %(interaction)s, %(type)s, %(id)s, %(person)s, %(query)s, %(outcome)s,
    %(purpose)s, %(count)s, feed_txid()
);

-- name: remove_tokens
-- Take tokens away that an update no longer has; all of one type, found by (key, rid).
DELETE FROM search_token AS had
USING unnest(%(token_key)s::uuid[], %(token_rid)s::bigint[], %(token_grp)s::smallint[]) AS gone (key, rid, grp)
WHERE had.type = %(type)s AND had.key = gone.key AND had.rid = gone.rid AND had.grp = gone.grp;

-- name: remove_references
-- Take references away that an update no longer has.
DELETE FROM search_reference AS had
USING unnest(
    %(reference_branch)s::integer[], %(reference_target)s::uuid[], %(reference_rid)s::bigint[],
    %(reference_grp)s::smallint[]
) AS gone (branch, target, rid, grp)
WHERE had.type = %(type)s AND had.target = gone.target AND had.branch = gone.branch AND had.rid = gone.rid
  AND had.grp = gone.grp;

-- name: remove_dates
-- Take dates away that an update no longer has.
DELETE FROM search_date AS had
USING unnest(
    %(date_branch)s::integer[], %(date_low)s::timestamptz[], %(date_high)s::timestamptz[], %(date_rid)s::bigint[],
    %(date_grp)s::smallint[]
) AS gone (branch, low, high, rid, grp)
WHERE had.type = %(type)s AND had.rid = gone.rid AND had.branch = gone.branch AND had.low = gone.low
  AND had.high = gone.high AND had.grp = gone.grp;

-- name: remove_numbers
-- Take numbers away that an update no longer has.
DELETE FROM search_number AS had
USING unnest(
    %(number_branch)s::integer[], %(number_low)s::numeric[], %(number_high)s::numeric[], %(number_unit)s::text[],
    %(number_rid)s::bigint[], %(number_grp)s::smallint[]
) AS gone (branch, low, high, unit, rid, grp)
WHERE had.type = %(type)s AND had.rid = gone.rid AND had.branch = gone.branch AND had.low = gone.low
  AND had.high = gone.high AND had.unit = gone.unit AND had.grp = gone.grp;

-- name: remove_texts
-- Take texts away that an update no longer has.
DELETE FROM search_text AS had
USING unnest(
    %(text_branch)s::integer[], %(text_folded)s::text[], %(text_value)s::text[], %(text_rid)s::bigint[],
    %(text_grp)s::smallint[]
) AS gone (branch, folded, value, rid, grp)
WHERE had.type = %(type)s AND had.rid = gone.rid AND had.branch = gone.branch AND had.folded = gone.folded
  AND had.value = gone.value AND had.grp = gone.grp;

-- name: lock
-- Take locks by number, in the order given, until the transaction ends. They are no row locks: a row lock would give the
-- transaction its number before it waits, and the feed, which is in the order of numbers, would show versions of one
-- record in the wrong order.
SELECT pg_advisory_xact_lock(number) FROM unnest(%(numbers)s::bigint[]) AS number;

-- name: lock_together
-- Hold a lock with all others who hold it so, against one who wants it alone.
SELECT pg_advisory_xact_lock_shared(%(number)s);

-- name: current
-- The current version of records of one type. A statement of its own after `lock`, to see what the writer before us
-- committed.
SELECT r.key, r.rid, r.version, r.deleted, r.at, v.method, v.body
FROM record AS r
JOIN record_version AS v ON v.type = %(type)s AND v.rid = r.rid AND v.version = r.version
WHERE r.type = %(type)s AND r.key = ANY(%(keys)s::uuid[]);

-- name: existing
-- Which of these addresses are records that are not deleted.
SELECT r.key FROM record AS r
WHERE r.type = %(type)s AND r.key = ANY(%(keys)s::uuid[]) AND NOT r.deleted;

-- name: rid_block
-- The first of a thousand record numbers that are now the caller's.
SELECT nextval('record_rid');

-- name: known
-- Which of these addresses have a record, deleted ones included.
SELECT key FROM record WHERE type = %(type)s AND key = ANY(%(keys)s::uuid[]);

-- name: txid
-- The number of this transaction in the feed.
SELECT feed_txid();

-- name: by_token
-- The records of one type that have one of these tokens.
SELECT DISTINCT t.key, r.id
FROM search_token AS t
JOIN record AS r ON r.type = %(type)s AND r.rid = t.rid
WHERE t.type = %(type)s AND t.key = ANY(%(keys)s::uuid[]);

-- name: partitions
-- The tables in which searches look for the records of some types, those that many types share among them.
SELECT t.relname
FROM pg_inherits AS i
    JOIN pg_class AS t ON t.oid = i.inhrelid
WHERE i.inhparent = ANY(ARRAY['record', 'search_token', 'search_reference', 'search_date', 'search_number',
                              'search_text']::regclass[])
  AND pg_get_expr(t.relpartbound, t.oid) = ANY(
      SELECT 'DEFAULT' UNION ALL SELECT format('FOR VALUES IN (''%%s'')', type) FROM unnest(%(types)s::integer[]) AS type
  );
