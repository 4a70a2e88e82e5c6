-- What reads records, versions and the feed.

-- name: read
-- The current version of a record.
SELECT v.version, v.at, v.method, v.body
FROM record AS r
JOIN record_version AS v ON v.type = %(type)s AND v.rid = r.rid AND v.version = r.version
WHERE r.type = %(type)s AND r.key = %(key)s;

-- name: vread
-- One version of a record; a row of nulls where the record exists and the version does not.
SELECT v.version, v.at, v.method, v.body
FROM record AS r
LEFT JOIN record_version AS v ON v.type = %(type)s AND v.rid = r.rid AND v.version = %(version)s
WHERE r.type = %(type)s AND r.key = %(key)s;

-- name: history_of_record
-- Versions of one record, newest first.
SELECT v.type, r.id, v.rid, v.version, v.at, v.method, v.body
FROM record AS r
JOIN record_version AS v ON v.type = %(type)s AND v.rid = r.rid
WHERE r.type = %(type)s AND r.key = %(key)s
  AND v.version < %(before)s
  AND v.at >= %(since)s
  AND (%(until)s::timestamptz IS NULL OR v.at < %(until)s
       AND (v.at >= %(from)s OR v.version = (
           SELECT max(o.version) FROM record_version AS o
           WHERE o.type = %(type)s AND o.rid = r.rid AND o.at <= %(from)s)))
ORDER BY v.version DESC
LIMIT %(limit)s;

-- name: exists
-- Whether there ever was such a record.
SELECT 1 FROM record WHERE type = %(type)s AND key = %(key)s;

-- name: history_of_type
-- Versions of all records of one type, newest first.
SELECT v.type, r.id, v.rid, v.version, v.at, v.method, v.body
FROM record_version AS v
JOIN record AS r ON r.type = %(type)s AND r.rid = v.rid
WHERE v.type = %(type)s
  AND (v.at, v.rid, v.version) < (%(at)s, %(rid)s, %(version)s)
  AND v.at >= %(since)s
  AND (%(until)s::timestamptz IS NULL OR v.at < %(until)s
       AND (v.at >= %(from)s OR v.version = (
           SELECT max(o.version) FROM record_version AS o
           WHERE o.type = v.type AND o.rid = v.rid AND o.at <= %(from)s)))
ORDER BY v.at DESC, v.rid DESC, v.version DESC
LIMIT %(limit)s;

-- name: history
-- Versions of all records, newest first.
SELECT v.type, r.id, v.rid, v.version, v.at, v.method, v.body
FROM record_version AS v
JOIN record AS r ON r.type = v.type AND r.rid = v.rid
WHERE (v.at, v.rid, v.version) < (%(at)s, %(rid)s, %(version)s)
  AND v.at >= %(since)s
  AND (%(until)s::timestamptz IS NULL OR v.at < %(until)s
       AND (v.at >= %(from)s OR v.version = (
           SELECT max(o.version) FROM record_version AS o
           WHERE o.type = v.type AND o.rid = v.rid AND o.at <= %(from)s)))
ORDER BY v.at DESC, v.rid DESC, v.version DESC
LIMIT %(limit)s;

-- name: feed
-- Versions in the order of their transactions, as far as every earlier transaction has ended.
SELECT v.txid, v.type, r.id, v.rid, v.version, v.at, v.method, v.body
FROM record_version AS v
JOIN record AS r ON r.type = v.type AND r.rid = v.rid
WHERE (v.txid, v.rid, v.version) > (%(txid)s, %(rid)s, %(version)s)
  AND v.txid < (SELECT feed_horizon())
ORDER BY v.txid, v.rid, v.version
LIMIT %(limit)s;

-- name: epoch
-- How often this store was restored from a copy.
SELECT epoch FROM feed_epoch;

-- name: after_restore
-- Begin a new epoch: positions given out before are refused, and new transactions come after all that are stored.
UPDATE feed_epoch
SET epoch = epoch + 1,
    shift = greatest(
        shift,
        (SELECT coalesce(max(txid), 0) FROM record_version) + 1 - pg_current_xact_id()::text::bigint
    );
