-- The index that decisions at intake are made against.

-- name: put
-- Keep a source as it is compared; the version says which of two writers is later.
INSERT INTO person_record AS r (key, source, sender, feed, raw, columns, told, version, decided, at)
SELECT record_key('Patient/' || source), source, sender, feed, raw, columns, told, version, decided, now()
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS t (source text, sender text, feed text, raw jsonb, columns jsonb, told jsonb, version integer, decided boolean)
ON CONFLICT (key) DO UPDATE SET sender = excluded.sender, feed = excluded.feed, raw = excluded.raw,
    columns = excluded.columns, told = excluded.told, version = excluded.version, decided = excluded.decided, at = now();

-- name: drop_keys
-- Take away the keys of sources.
DELETE FROM person_key USING (
    SELECT record_key('Patient/' || s) AS record, k AS key
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (s text, keys jsonb),
         LATERAL jsonb_array_elements_text(keys) AS e (text), LATERAL (SELECT text::bigint AS k) AS c
) AS gone WHERE person_key.key = gone.key AND person_key.record = gone.record;

-- name: put_keys
-- Put the keys of sources.
INSERT INTO person_key (key, record)
SELECT text::bigint, record_key('Patient/' || s)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (s text, keys jsonb), LATERAL jsonb_array_elements_text(keys) AS e (text)
ON CONFLICT DO NOTHING;

-- name: drop
-- Take sources out of the index.
DELETE FROM person_record WHERE key = ANY(SELECT record_key('Patient/' || s) FROM unnest(%(sources)s::text[]) AS s);

-- name: of_sources
-- Sources as the index has them.
SELECT r.source, r.sender, r.feed, r.raw, r.columns, r.told, r.version, l.person::text, l.by_hand
FROM unnest(%(sources)s::text[]) AS s
JOIN person_record AS r ON r.key = record_key('Patient/' || s)
LEFT JOIN person_link AS l ON l.source = r.source;

-- name: candidates
-- Sources that share one of some keys; of a key with more than %(most)s of them only the first.
WITH hit AS MATERIALIZED (
    SELECT k.key, f.record, count(*) OVER (PARTITION BY k.key) AS n, row_number() OVER (PARTITION BY k.key) AS place
    FROM unnest(%(keys)s::bigint[]) AS k (key)
    CROSS JOIN LATERAL (
        SELECT record FROM person_key WHERE person_key.key = k.key ORDER BY record LIMIT %(most)s + 2
    ) AS f
), found AS MATERIALIZED (
    SELECT DISTINCT record FROM hit WHERE n <= %(most)s OR place = 1
)
SELECT r.source, r.sender, r.columns, l.person::text, l.by_hand
FROM found JOIN person_record AS r ON r.key = found.record
LEFT JOIN person_link AS l ON l.source = r.source
WHERE r.source <> %(source)s;

-- name: members
-- The sources of persons as they are compared.
SELECT l.person::text, l.source, r.columns, l.by_hand
FROM person_link AS l JOIN person_record AS r ON r.key = record_key('Patient/' || l.source)
WHERE l.person = ANY(%(persons)s::uuid[]);

-- name: decided
-- Note that sources were decided upon.
UPDATE person_record SET decided = true
WHERE key = ANY(SELECT record_key('Patient/' || s) FROM unnest(%(sources)s::text[]) AS s) AND NOT decided;

-- name: waiting
-- Sources that nobody has decided upon.
SELECT source FROM person_record WHERE NOT decided ORDER BY key LIMIT %(count)s;

-- name: everything
-- All sources behind a key, in the order of keys, as they are compared.
SELECT key, source, sender, columns FROM person_record WHERE key > %(after)s ORDER BY key LIMIT %(count)s;

-- name: count
-- How many sources there are.
SELECT count(*) FROM person_record;

-- name: put_mothers
-- Keep the ID numbers of mothers.
INSERT INTO person_mother (source, mother_id)
SELECT * FROM unnest(%(sources)s::text[], %(numbers)s::text[]) AS t (source, mother_id)
ON CONFLICT (source) DO UPDATE SET mother_id = excluded.mother_id;

-- name: mothers
-- The ID numbers of the mothers of sources.
SELECT source, mother_id FROM person_mother WHERE source = ANY(%(sources)s::text[]) AND mother_id <> '';

-- name: model_number
-- The number of the weights in force.
SELECT max(id) FROM person_model WHERE profile = %(profile)s AND region = %(region)s;

-- name: model
-- Weights by their number.
SELECT model FROM person_model WHERE id = %(id)s;

-- name: put_model
-- Put weights in force.
INSERT INTO person_model (profile, region, model) VALUES (%(profile)s, %(region)s, %(model)s::jsonb);

-- name: mark
-- How far a reader has come.
SELECT position FROM person_mark WHERE reader = %(reader)s;

-- name: put_mark
-- Note how far a reader has come.
INSERT INTO person_mark (reader, position) VALUES (%(reader)s, %(position)s)
ON CONFLICT (reader) DO UPDATE SET position = excluded.position, at = now();

-- name: only_one
-- Whether this program may follow: one at a time.
SELECT pg_try_advisory_lock(hashtext('minkang.persons.follow'));

-- name: end_only_one
-- Let another program follow.
SELECT pg_advisory_unlock(hashtext('minkang.persons.follow'));

-- name: changes
-- Versions of Patients and RelatedPersons behind a position, as far as every earlier transaction has ended.
SELECT v.txid, v.rid, v.version, v.type, r.id, v.body
FROM record_version AS v JOIN record AS r ON r.type = v.type AND r.rid = v.rid
WHERE v.type = ANY(%(types)s::smallint[]) AND (v.txid, v.rid, v.version) > (%(txid)s, %(rid)s, %(version)s)
    AND v.txid < feed_horizon()
ORDER BY v.txid, v.rid, v.version LIMIT %(limit)s;

-- name: current
-- The next records of a type as they stand, deleted ones without a body.
SELECT r.rid, r.id, r.version, v.body
FROM record AS r JOIN record_version AS v ON v.type = r.type AND v.rid = r.rid AND v.version = r.version
WHERE r.type = %(type)s AND r.rid > %(after)s ORDER BY r.rid LIMIT %(limit)s;

-- name: epoch
-- How often the store was restored from a copy, and where its feed ends now.
SELECT epoch, feed_horizon() - 1 FROM feed_epoch;

-- name: told_same
-- Sources that their sender says are another one.
SELECT source, other FROM person_record, LATERAL jsonb_array_elements_text(told -> 'same_as') AS e (other)
WHERE told -> 'same_as' <> '[]'::jsonb;
