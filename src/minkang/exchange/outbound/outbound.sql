-- name: allow
-- Let an endpoint be told.
INSERT INTO outbound_endpoint (origin, scopes, name) VALUES (%(origin)s, %(scopes)s, %(name)s)
ON CONFLICT (origin) DO UPDATE SET scopes = excluded.scopes, name = excluded.name, active = true;

-- name: forbid
-- Tell an endpoint nothing more.
UPDATE outbound_endpoint SET active = false WHERE origin = %(origin)s RETURNING origin;

-- name: endpoints
-- Who may be told.
SELECT origin, scopes, name, active FROM outbound_endpoint ORDER BY origin;

-- name: reader
-- Where the reading of the change feed is; holds others off.
SELECT position FROM outbound_reader FOR UPDATE;

-- name: advance
-- The reading came so far.
UPDATE outbound_reader SET position = %(position)s, at = now();

-- name: subscribe
-- A subscription is active; one that asks for the same as before goes on waiting where it waits.
INSERT INTO outbound_subscription AS s (id, version, criteria, endpoint, payload, headers, until)
VALUES (%(id)s, %(version)s, %(criteria)s, %(endpoint)s, %(payload)s, %(headers)s, %(until)s)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, criteria = excluded.criteria, endpoint = excluded.endpoint,
    payload = excluded.payload, headers = excluded.headers, until = excluded.until,
    failures = CASE WHEN (s.endpoint, s.payload, s.headers) = (excluded.endpoint, excluded.payload, excluded.headers)
        THEN s.failures ELSE 0 END,
    due = CASE WHEN (s.endpoint, s.payload, s.headers) = (excluded.endpoint, excluded.payload, excluded.headers)
        THEN s.due ELSE now() END;

-- name: unsubscribe
-- A subscription ended; what was sent or could not be sent stays, what waits is given up.
WITH gone AS (DELETE FROM outbound_subscription WHERE id = %(id)s RETURNING id)
UPDATE outbound_delivery SET state = 'dead', answer = 'unsubscribed', at = now()
WHERE subscription IN (SELECT id FROM gone) AND state = 'waiting';

-- name: subscriptions
-- All that are active.
SELECT id, version, criteria, endpoint, payload, headers, until, failures, due FROM outbound_subscription ORDER BY id;

-- name: add
-- Notifications to be made.
INSERT INTO outbound_delivery (subscription, type, id, version)
SELECT * FROM unnest(%(subscriptions)s::text[], %(types)s::text[], %(ids)s::text[], %(versions)s::integer[]);

-- name: lease
-- Take a subscription that is due for a while, so that no other worker sends its notifications.
UPDATE outbound_subscription SET leased = now() + interval '5 minutes' WHERE id = (
    SELECT s.id FROM outbound_subscription AS s
    WHERE s.due <= now() AND s.leased <= now()
        AND EXISTS (SELECT FROM outbound_delivery AS d WHERE d.subscription = s.id AND d.state = 'waiting')
    ORDER BY s.due LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, version, criteria, endpoint, payload, headers, until, failures, due;

-- name: release
-- Give it back.
UPDATE outbound_subscription SET leased = '-infinity' WHERE id = %(id)s;

-- name: next
-- The oldest notification that waits.
SELECT number, type, id, version, attempts FROM outbound_delivery
WHERE subscription = %(id)s AND state = 'waiting' ORDER BY number LIMIT 1;

-- name: settle
-- What became of a notification.
UPDATE outbound_delivery SET state = %(state)s, attempts = attempts + 1, answer = %(answer)s, at = now()
WHERE subscription = %(id)s AND number = %(number)s;

-- name: backoff
-- What became of the subscription: when it is tried again, and how often it failed one after another.
UPDATE outbound_subscription SET failures = %(failures)s, due = now() + %(seconds)s * interval '1 second' WHERE id = %(id)s;

-- name: deliveries
-- Notifications in a state, the newest first.
SELECT subscription, number, type, id, version, state, attempts, answer, at FROM outbound_delivery
WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s)
ORDER BY number DESC LIMIT %(count)s;

-- name: again
-- Dead letters wait again.
UPDATE outbound_delivery SET state = 'waiting', attempts = 0, at = now()
WHERE state = 'dead' AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s)
    AND (%(number)s::bigint IS NULL OR number = %(number)s)
    AND subscription IN (SELECT id FROM outbound_subscription)
RETURNING number;

-- name: due_now
-- Subscriptions need not wait for their next try.
UPDATE outbound_subscription SET due = now(), failures = 0 WHERE %(subscription)s::text IS NULL OR id = %(subscription)s;
