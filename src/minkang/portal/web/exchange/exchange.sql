-- What the pages of the exchange read beside the calls of the exchange itself.

-- name: days
-- Arrivals by day and outcome, of one sender or all, the newest days that had any.
SELECT day, outcome, sum(count)::bigint FROM exchange_tally AS t JOIN exchange_sender AS s ON s.id = t.sender
WHERE (%(sender)s = '' OR s.slug = %(sender)s)
    AND day IN (SELECT DISTINCT day FROM exchange_tally ORDER BY day DESC LIMIT %(days)s)
GROUP BY day, outcome ORDER BY day, outcome;

-- name: groups
-- Rejects by sender, feed and code in some states, with one of each as an example, the most frequent first.
SELECT s.slug, r.feed, r.code, count(*), min(r.received), max(r.received),
    (array_agg(r.inside ORDER BY r.id))[1], (array_agg(r.params ORDER BY r.id))[1]
FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender
WHERE r.state = ANY(%(states)s)
GROUP BY s.slug, r.feed, r.code ORDER BY count(*) DESC, s.slug, r.feed, r.code LIMIT 2000;

-- name: states
-- How many rejects are in each state, of one sender or all.
SELECT r.state, count(*) FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender
WHERE (%(sender)s = '' OR s.slug = %(sender)s) GROUP BY r.state;

-- name: waiting
-- How many rejects of each sender and feed wait.
SELECT s.slug, r.feed, count(*) FROM exchange_reject AS r JOIN exchange_sender AS s ON s.id = r.sender
WHERE r.state = ANY(%(states)s) GROUP BY s.slug, r.feed;

-- name: reject_of
-- The reject that a message became.
SELECT id FROM exchange_reject WHERE message = %(message)s;
