-- Messages that were refused.

-- name: keep
-- A message that was refused.
INSERT INTO exchange_reject (message, sender, feed, key, place, received, code, inside, params, state, at,
    blob, blob_from, blob_length)
VALUES (%(message)s, %(sender)s, %(feed)s, %(key)s, %(place)s, %(received)s, %(code)s, %(inside)s, %(params)s::jsonb,
    'open', %(at)s, %(blob)s, %(blob_from)s, %(blob_length)s);

-- name: of_messages
-- The waiting rejects of some messages, held.
SELECT id, message, state, version, blob, blob_from, blob_length FROM exchange_reject
WHERE message = ANY(%(messages)s::uuid[]) AND state = ANY(%(states)s) ORDER BY id FOR UPDATE;

-- name: hold
-- One reject, held against other steps.
SELECT id, message, state, version, blob, blob_from, blob_length FROM exchange_reject WHERE id = %(id)s FOR UPDATE;

-- name: step
-- Keep a step.
INSERT INTO exchange_reject_step (reject, version, at, caller, event, source, target, reason, code,
    blob, blob_from, blob_length)
VALUES (%(reject)s, %(version)s, %(at)s, %(caller)s, %(event)s, %(source)s, %(target)s, %(reason)s, %(code)s,
    %(blob)s, %(blob_from)s, %(blob_length)s);

-- name: move
-- Bring a reject into its next state.
UPDATE exchange_reject SET state = %(target)s, at = %(at)s, version = version + 1,
    blob = %(blob)s, blob_from = %(blob_from)s, blob_length = %(blob_length)s
WHERE id = %(id)s;

-- name: refuse_again
-- Why a replay was refused.
UPDATE exchange_reject SET code = %(code)s, inside = %(inside)s, params = %(params)s::jsonb WHERE id = %(id)s;

-- name: read
-- One reject.
SELECT r.id, r.message, s.slug, r.feed, r.key, r.place, r.received, r.code, r.inside, r.params, r.state, r.at, r.version,
    r.blob, r.blob_from, r.blob_length
FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender WHERE r.id = %(id)s;

-- name: list
-- Rejects in some states, the oldest first, from behind an id on.
SELECT r.id, r.message, s.slug, r.feed, r.key, r.place, r.received, r.code, r.inside, r.params, r.state, r.at, r.version,
    r.blob, r.blob_from, r.blob_length
FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender
WHERE r.state = ANY(%(states)s)
    AND (%(sender)s::text IS NULL OR s.slug = %(sender)s)
    AND (%(feed)s::text IS NULL OR r.feed = %(feed)s)
    AND (%(code)s::text IS NULL OR r.code = %(code)s)
    AND r.id > %(after)s
ORDER BY r.id LIMIT %(count)s;

-- name: counts
-- How many rejects there are by sender, feed, code and state.
SELECT s.slug, r.feed, r.code, r.state, count(*), min(r.received), max(r.received)
FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender
GROUP BY s.slug, r.feed, r.code, r.state ORDER BY count(*) DESC, s.slug, r.feed, r.code, r.state;

-- name: steps
-- The history of a reject, the first step first.
SELECT version, at, caller, event, source, target, reason, code, blob, blob_from, blob_length
FROM exchange_reject_step WHERE reject = %(id)s ORDER BY version;

-- name: original
-- Where the original of a message is.
SELECT blob, blob_from, blob_length FROM exchange_message WHERE identity = %(message)s;

-- name: look
-- One reject as it stands.
SELECT id, message, state, version, blob, blob_from, blob_length FROM exchange_reject WHERE id = %(id)s;
