-- Items and the steps they took.

-- name: start
-- Put an item at the start of its flow; nothing where the subject is already in it.
INSERT INTO flow_item (flow, subject, state, since, due, organisation, about)
VALUES (%(flow)s, %(subject)s, %(state)s, %(at)s, %(due)s, %(organisation)s, %(about)s::jsonb)
ON CONFLICT (flow, subject) DO NOTHING
RETURNING id, flow, subject, state, since, due, version, organisation, about;

-- name: of_subject
-- The item of a subject.
SELECT id, flow, subject, state, since, due, version, organisation, about
FROM flow_item WHERE flow = %(flow)s AND subject = %(subject)s;

-- name: item
-- One item.
SELECT id, flow, subject, state, since, due, version, organisation, about FROM flow_item WHERE id = %(id)s;

-- name: hold
-- One item, held against other steps until the transaction ends.
SELECT id, flow, subject, state, since, due, version, organisation, about
FROM flow_item WHERE id = %(id)s FOR UPDATE;

-- name: move
-- Bring an item into its next state.
UPDATE flow_item SET state = %(state)s, since = %(at)s, due = %(due)s, version = version + 1
WHERE id = %(id)s
RETURNING id, flow, subject, state, since, due, version, organisation, about;

-- name: step
-- Keep the step.
INSERT INTO flow_step (item, version, at, caller, event, source, target, reason, data)
VALUES (%(item)s, %(version)s, %(at)s, %(caller)s, %(event)s, %(source)s, %(target)s, %(reason)s, %(data)s::jsonb);

-- name: steps
-- The steps of an item, the first first.
SELECT item, version, at, caller, event, source, target, reason, data
FROM flow_step WHERE item = %(item)s ORDER BY version;

-- name: inbox
-- What waits in the given states (flow and state joined by a slash), the most urgent first, from behind a place on.
SELECT id, flow, subject, state, since, due, version, organisation, about FROM flow_item
WHERE flow || '/' || state = ANY(%(places)s)
    AND (%(organisation)s = '' OR organisation = %(organisation)s)
    AND (coalesce(due, 'infinity'), id) > (%(after_due)s::timestamptz, %(after)s)
ORDER BY coalesce(due, 'infinity'), id
LIMIT %(count)s;

-- name: counts
-- How many items wait in each of the given states.
SELECT flow, state, count(*) FROM flow_item
WHERE flow || '/' || state = ANY(%(places)s) AND (%(organisation)s = '' OR organisation = %(organisation)s)
GROUP BY flow, state;

-- name: late
-- Items whose time limit has passed, taken so that two clocks never take the same.
SELECT id, flow, subject, state, since, due, version, organisation, about FROM flow_item
WHERE due <= %(now)s AND flow = ANY(%(flows)s)
ORDER BY due LIMIT %(count)s FOR UPDATE SKIP LOCKED;

-- name: quiet
-- The limit was seen to; the clock does not ring for it again.
UPDATE flow_item SET due = NULL WHERE id = %(id)s;
