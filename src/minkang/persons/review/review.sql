-- The review queue: what waits, by sender and state, and how far reviewers agree.

-- name: batches
-- How many pairs wait, by sender.
SELECT organisation, count(*) FROM flow_item
WHERE flow = 'pair-review' AND state = ANY(%(states)s) GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: page
-- Pairs in some states, the likeliest first, from behind a place on.
SELECT id, flow, subject, state, since, due, version, organisation, about FROM flow_item
WHERE flow = 'pair-review' AND state = ANY(%(states)s)
    AND (%(organisation)s = '' OR organisation = %(organisation)s)
    AND ((about ->> 'score')::real, -id) < (%(score)s::real, -%(after)s::bigint)
ORDER BY (about ->> 'score')::real DESC, id LIMIT %(count)s;

-- name: before
-- The pair that stands before a place.
SELECT id FROM flow_item
WHERE flow = 'pair-review' AND state = ANY(%(states)s)
    AND (%(organisation)s = '' OR organisation = %(organisation)s)
    AND ((about ->> 'score')::real, -id) > (%(score)s::real, -%(after)s::bigint)
ORDER BY (about ->> 'score')::real, id DESC LIMIT 1;

-- name: of_source
-- Pairs that wait and that a source is part of.
SELECT id FROM flow_item
WHERE flow = 'pair-review' AND state = ANY(%(states)s)
    AND (about ->> 'left' = ANY(%(sources)s) OR about ->> 'right' = ANY(%(sources)s));

-- name: agreement
-- First and second findings of pairs that two people saw.
SELECT first.event, second.event, count(*)
FROM flow_item AS i
JOIN LATERAL (SELECT version, event, caller FROM flow_step AS s
    WHERE s.item = i.id AND event IN ('propose-link', 'propose-separate') ORDER BY version DESC LIMIT 1) AS first ON true
JOIN LATERAL (SELECT event, caller FROM flow_step AS s
    WHERE s.item = i.id AND s.version > first.version AND event IN ('agree-link', 'agree-separate', 'differ')
    ORDER BY version LIMIT 1) AS second ON true
WHERE i.flow = 'pair-review' GROUP BY 1, 2;

-- name: outcomes
-- How pairs were decided, by reason and band of score (bits, in steps of four): what thresholds are chosen from.
SELECT about ->> 'reason', floor((about ->> 'score')::real / 4) * 4, state, count(*) FROM flow_item
WHERE flow = 'pair-review' AND state IN ('linked', 'separate') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: remember
-- Keep the act that a decision was, with the pair.
UPDATE flow_item SET about = about || jsonb_build_object('operation', %(operation)s::bigint) WHERE id = %(item)s;

-- name: settled
-- Pairs that wait though both sources have one person by now.
SELECT i.id FROM flow_item AS i
JOIN person_link AS a ON a.source = i.about ->> 'left'
JOIN person_link AS b ON b.source = i.about ->> 'right'
WHERE i.flow = 'pair-review' AND i.state = ANY(%(states)s) AND a.person = b.person;
