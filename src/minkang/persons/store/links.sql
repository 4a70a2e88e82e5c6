-- Links of source records to persons: every change goes through these statements, in one transaction.

-- name: operation
-- Note the act.
INSERT INTO person_operation (kind, caller, reason, by_hand) VALUES (%(kind)s, %(caller)s, %(reason)s, %(by_hand)s)
RETURNING id;

-- name: persons
-- Make persons that are not there yet.
INSERT INTO person (id) SELECT DISTINCT one FROM unnest(%(persons)s::uuid[]) AS one ON CONFLICT (id) DO NOTHING;

-- name: turn
-- Wait for one's turn: acts on links come one after another, so none sees another half done and none waits in a circle.
SELECT pg_advisory_xact_lock(hashtext('minkang.persons.links'));

-- name: known_persons
-- Those of some persons that there are.
SELECT id FROM person WHERE id = ANY(%(persons)s::uuid[]);

-- name: links
-- The links of sources.
SELECT source, person, method, score, by_hand, operation, at FROM person_link WHERE source = ANY(%(sources)s::text[]);

-- name: members
-- The links of persons.
SELECT source, person, method, score, by_hand, operation, at FROM person_link
WHERE person = ANY(%(persons)s::uuid[]) ORDER BY person, source;

-- name: person
-- Whether there is such a person.
SELECT made FROM person WHERE id = %(person)s;

-- name: events
-- Note what becomes of each source, from the links as they stand; sources that stay as they are leave no row.
WITH change AS (
    SELECT * FROM unnest(%(sources)s::text[], %(persons)s::uuid[], %(methods)s::text[], %(scores)s::real[],
                         %(hands)s::boolean[]) AS t (source, person, method, score, by_hand)
)
INSERT INTO person_event (source, operation, kind, was, was_method, was_score, was_by_hand, person, method, score,
                          by_hand)
SELECT c.source, %(operation)s,
       CASE WHEN l.person IS NULL THEN 'linked' WHEN c.person IS NULL THEN 'unlinked' ELSE 'relinked' END,
       l.person, l.method, l.score, l.by_hand, c.person, c.method, c.score, c.by_hand
FROM change AS c LEFT JOIN person_link AS l ON l.source = c.source
WHERE (l.person, l.method, l.by_hand) IS DISTINCT FROM (c.person, c.method, c.by_hand);

-- name: drop_links
-- Take away the links of sources that an act leaves without a person.
DELETE FROM person_link AS l USING unnest(%(sources)s::text[], %(persons)s::uuid[]) AS c (source, person)
WHERE l.source = c.source AND c.person IS NULL;

-- name: put_links
-- Put the links of sources as an act leaves them.
INSERT INTO person_link AS l (source, person, method, score, by_hand, operation)
SELECT c.source, c.person, c.method, c.score, c.by_hand, %(operation)s
FROM unnest(%(sources)s::text[], %(persons)s::uuid[], %(methods)s::text[], %(scores)s::real[],
            %(hands)s::boolean[]) AS c (source, person, method, score, by_hand)
WHERE c.person IS NOT NULL
ON CONFLICT (source) DO UPDATE SET person = excluded.person, method = excluded.method, score = excluded.score,
    by_hand = excluded.by_hand, operation = excluded.operation, at = now()
WHERE (l.person, l.method, l.by_hand) IS DISTINCT FROM (excluded.person, excluded.method, excluded.by_hand);

-- name: set_apart
-- Note that two sources are two persons, both ways.
INSERT INTO person_apart (source, other, operation)
SELECT a, b, %(operation)s FROM unnest(%(sources)s::text[], %(others)s::text[]) AS t (a, b)
UNION SELECT b, a, %(operation)s FROM unnest(%(sources)s::text[], %(others)s::text[]) AS t (a, b)
ON CONFLICT DO NOTHING;

-- name: lift_apart
-- Take back what was said of pairs within a set of sources.
UPDATE person_apart SET lifted = %(operation)s
WHERE source = ANY(%(sources)s::text[]) AND other = ANY(%(sources)s::text[]) AND lifted IS NULL;

-- name: drop_apart
-- Take back what one operation said, because it is undone.
UPDATE person_apart SET lifted = %(operation)s WHERE operation = %(undone)s AND lifted IS NULL;

-- name: restore_apart
-- Put back what one operation had taken back, because it is undone.
UPDATE person_apart SET lifted = NULL WHERE lifted = %(undone)s;

-- name: apart
-- The sources that some sources were found not to be.
SELECT source, other FROM person_apart WHERE source = ANY(%(sources)s::text[]) AND lifted IS NULL;

-- name: all_apart
-- All pairs found to be two persons, each once.
SELECT source, other FROM person_apart WHERE lifted IS NULL AND source < other;

-- name: all_by_hand
-- All links of persons that somebody had a hand in.
SELECT source, person::text FROM person_link WHERE person IN (SELECT person FROM person_link WHERE by_hand);

-- name: act
-- An operation, and what undid it.
SELECT o.id, o.kind, o.caller, o.reason, o.by_hand, o.at, u.undo
FROM person_operation AS o LEFT JOIN person_undone AS u ON u.operation = o.id WHERE o.id = %(operation)s;

-- name: undo
-- Note that an operation was undone; a second time is refused by the key.
INSERT INTO person_undone (operation, undo) VALUES (%(operation)s, %(undo)s);

-- name: of_operation
-- What an operation changed.
SELECT source, was, was_method, was_score, was_by_hand, person, method, score, by_hand
FROM person_event WHERE operation = %(operation)s ORDER BY source;

-- name: history
-- What happened to sources, the latest first.
SELECT e.source, e.kind, e.was, e.person, e.method, e.score, o.id, o.kind, o.caller, o.reason, o.by_hand, o.at, u.undo
FROM person_event AS e JOIN person_operation AS o ON o.id = e.operation
LEFT JOIN person_undone AS u ON u.operation = o.id
WHERE e.source = ANY(%(sources)s::text[]) ORDER BY e.number DESC LIMIT %(count)s;

-- name: sources_ever
-- The sources that a person has or ever had.
SELECT source FROM person_link WHERE person = %(person)s
UNION SELECT source FROM person_event WHERE was = %(person)s;

-- name: feed
-- Events behind a position, as far as every earlier transaction has ended.
SELECT txid, number, source, kind, was, person FROM person_event
WHERE (txid, number) > (%(txid)s, %(number)s) AND txid < feed_horizon()
ORDER BY txid, number LIMIT %(count)s;

-- name: end
-- The end of the feed now: all below it is settled.
SELECT feed_horizon() - 1;

-- name: resolve
-- The persons of sources.
SELECT source, person::text FROM person_link WHERE source = ANY(%(sources)s::text[]);

-- name: counts
-- How many sources are linked, and persons have any.
SELECT count(*), count(DISTINCT person) FROM person_link;
