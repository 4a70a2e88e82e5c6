-- The ledger of messages, what is known of objects, and the counts of both.

-- name: lock_sender
-- Be the only one who settles messages of a sender until the transaction ends. Resources of two senders are never the
-- same, so that this one lock stands for those of thousands of objects.
SELECT pg_advisory_xact_lock(1835754340, %(sender)s);

-- name: known
-- Which of these messages came before, and what became of them.
SELECT identity, state FROM exchange_message WHERE identity = ANY(%(identities)s::uuid[]);

-- name: objects
-- What is known of these objects.
SELECT id, content, withdrawn FROM exchange_object WHERE id = ANY(%(ids)s::uuid[]);

-- name: change_objects
-- Raise the ranks of objects that are known.
UPDATE exchange_object AS had SET content = new.content, withdrawn = new.withdrawn, message = new.message
FROM unnest(%(ids)s::uuid[], %(contents)s::text[], %(withdrawals)s::text[], %(messages)s::uuid[])
    AS new (id, content, withdrawn, message)
WHERE had.id = new.id;

-- name: again
-- Count messages that came again.
UPDATE exchange_message AS had SET copies = copies + new.count
FROM unnest(%(identities)s::uuid[], %(counts)s::integer[]) AS new (identity, count)
WHERE had.identity = new.identity;

-- name: tally
-- Count arrivals by what became of them.
INSERT INTO exchange_tally AS had (sender, feed, day, outcome, count)
SELECT %(sender)s, feed, day, outcome, count
FROM unnest(%(feeds)s::text[], %(days)s::date[], %(outcomes)s::text[], %(counts)s::bigint[])
    AS new (feed, day, outcome, count)
ON CONFLICT (sender, feed, day, outcome) DO UPDATE SET count = had.count + EXCLUDED.count;

-- name: unmapped
-- Count codes that have no map.
INSERT INTO exchange_unmapped AS had (sender, map, code, text, count, first_at, last_at)
SELECT %(sender)s, map, code, text, count, %(at)s, %(at)s
FROM unnest(%(maps)s::text[], %(codes)s::text[], %(texts)s::text[], %(counts)s::bigint[])
    AS new (map, code, text, count)
ON CONFLICT (sender, map, code, text) DO UPDATE
SET count = had.count + EXCLUDED.count, last_at = EXCLUDED.last_at;

-- name: settled
-- A message that had been refused was taken after all, or was given up.
UPDATE exchange_message SET state = %(state)s, settled = %(at)s WHERE identity = %(identity)s;

-- name: messages
-- Messages of the ledger, the latest first, from before a number on.
SELECT m.identity, m.number, s.slug, m.feed, m.key, m.digest, m.state, m.code, m.received, m.settled, m.place,
    m.blob, m.blob_from, m.blob_length, m.drafts, m.written, m.noted, m.notes, m.copies, m.replay_of
FROM exchange_message AS m JOIN exchange_sender AS s ON s.id = m.sender
WHERE (%(sender)s::text IS NULL OR s.slug = %(sender)s)
    AND (%(feed)s::text IS NULL OR m.feed = %(feed)s)
    AND (%(key)s::text IS NULL OR m.key = %(key)s)
    AND (%(state)s::text IS NULL OR m.state = %(state)s)
    AND (%(before)s::bigint IS NULL OR m.number < %(before)s)
ORDER BY m.number DESC LIMIT %(count)s;

-- name: message
-- One message.
SELECT m.identity, m.number, s.slug, m.feed, m.key, m.digest, m.state, m.code, m.received, m.settled, m.place,
    m.blob, m.blob_from, m.blob_length, m.drafts, m.written, m.noted, m.notes, m.copies, m.replay_of
FROM exchange_message AS m JOIN exchange_sender AS s ON s.id = m.sender WHERE m.identity = %(identity)s;

-- name: tallies
-- Arrivals by sender, feed and outcome since a day.
SELECT s.slug, t.feed, t.outcome, sum(t.count)::bigint, max(t.day)
FROM exchange_tally AS t JOIN exchange_sender AS s ON s.id = t.sender
WHERE (%(since)s::date IS NULL OR t.day >= %(since)s)
GROUP BY s.slug, t.feed, t.outcome ORDER BY s.slug, t.feed, t.outcome;

-- name: unmapped_codes
-- Codes that have no map, the most frequent first.
SELECT s.slug, u.map, u.code, u.text, u.count, u.first_at, u.last_at
FROM exchange_unmapped AS u JOIN exchange_sender AS s ON s.id = u.sender
WHERE (%(sender)s::text IS NULL OR s.slug = %(sender)s)
ORDER BY u.count DESC, s.slug, u.map, u.code, u.text LIMIT %(count)s;
