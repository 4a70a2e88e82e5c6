-- name: reader
-- Where the reading of the change feed is, and the rules it was done with; holds others off.
SELECT position, rules FROM quality_reader FOR UPDATE;

-- name: advance
-- The reading came so far.
UPDATE quality_reader SET position = %(position)s, rules = %(rules)s, at = now();

-- name: forget
-- Begin anew, as the rules or the store changed.
TRUNCATE quality_record, quality_figure, quality_touched;

-- name: statements
-- When the sender stated what stands of some resources, and when and where that came.
SELECT o.id::text, coalesce(greatest(o.content, o.withdrawn), ''), m.received, m.place
FROM exchange_object AS o JOIN exchange_message AS m ON m.identity = o.message
WHERE o.id = ANY(%(ids)s::uuid[]);

-- name: touch_old
-- The groups that some records were in, and those of their equals.
INSERT INTO quality_touched (sender, dataset, month)
SELECT DISTINCT sender, dataset, month FROM quality_record WHERE id = ANY(%(ids)s)
UNION
SELECT DISTINCT b.sender, b.dataset, b.month FROM quality_record AS a JOIN quality_record AS b ON b.likeness = a.likeness
WHERE a.id = ANY(%(ids)s) AND a.likeness IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: remove
-- Records that are no more.
DELETE FROM quality_record USING unnest(%(ids)s::text[], %(types)s::text[]) AS gone (id, type)
WHERE quality_record.id = gone.id AND quality_record.type = gone.type;

-- name: put
-- What the rules said of some records.
INSERT INTO quality_record (id, type, sender, dataset, month, checked, failed, likeness)
SELECT * FROM unnest(%(ids)s::text[], %(types)s::text[], %(senders)s::text[], %(datasets)s::text[], %(months)s::date[],
    %(checked)s::bigint[], %(failed)s::bigint[], %(likenesses)s::uuid[])
ON CONFLICT (id, type) DO UPDATE SET sender = excluded.sender, dataset = excluded.dataset, month = excluded.month,
    checked = excluded.checked, failed = excluded.failed, likeness = excluded.likeness;

-- name: take_touched
-- Some groups whose figures have to be made again.
DELETE FROM quality_touched WHERE ctid = ANY(ARRAY(SELECT ctid FROM quality_touched LIMIT %(count)s))
RETURNING sender, dataset, month;

-- name: clear_figures
-- The old figures of some groups.
DELETE FROM quality_figure AS f
USING unnest(%(senders)s::text[], %(datasets)s::text[], %(months)s::date[]) AS g (sender, dataset, month)
WHERE (f.sender, f.dataset, f.month) = (g.sender, g.dataset, g.month);

-- name: make_figures
-- The figures of some groups; of records that are alike the one with the lowest id is good.
INSERT INTO quality_figure (sender, dataset, month, rule, dimension, checked, failed)
SELECT r.sender, r.dataset, r.month, x.id, x.dimension, count(*), count(*) FILTER (WHERE r.failed & x.bit <> 0)
FROM unnest(%(senders)s::text[], %(datasets)s::text[], %(months)s::date[]) AS g (sender, dataset, month)
JOIN quality_record AS r USING (sender, dataset, month)
JOIN unnest(%(rules)s::text[], %(dimensions)s::text[], %(bits)s::bigint[]) AS x (id, dimension, bit)
    ON r.checked & x.bit <> 0
GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT r.sender, r.dataset, r.month, %(once)s, 'uniqueness', count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM quality_record AS o WHERE o.likeness = r.likeness AND o.id < r.id))
FROM unnest(%(senders)s::text[], %(datasets)s::text[], %(months)s::date[]) AS g (sender, dataset, month)
JOIN quality_record AS r USING (sender, dataset, month)
WHERE r.likeness IS NOT NULL GROUP BY 1, 2, 3;

-- name: make_message_figures
-- The figures on messages, from the ledger's tally; the data set is the feed.
INSERT INTO quality_figure (sender, dataset, month, rule, dimension, checked, failed)
SELECT s.slug, t.feed, date_trunc('month', t.day)::date, x.id, x.dimension, sum(t.count),
    coalesce(sum(t.count) FILTER (WHERE t.outcome = x.outcome), 0)
FROM exchange_tally AS t JOIN exchange_sender AS s ON s.id = t.sender
CROSS JOIN unnest(%(rules)s::text[], %(dimensions)s::text[], %(outcomes)s::text[]) AS x (id, dimension, outcome)
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (sender, dataset, month, rule) DO UPDATE SET checked = excluded.checked, failed = excluded.failed;

-- name: figures
-- Figures added up by whatever is asked for; what is not asked for is empty.
SELECT CASE WHEN 'sender' = ANY(%(by)s) THEN sender ELSE '' END, CASE WHEN 'dataset' = ANY(%(by)s) THEN dataset ELSE '' END,
    CASE WHEN 'month' = ANY(%(by)s) THEN month END, CASE WHEN 'rule' = ANY(%(by)s) THEN rule ELSE '' END,
    CASE WHEN 'dimension' = ANY(%(by)s) OR 'rule' = ANY(%(by)s) THEN dimension ELSE '' END,
    sum(checked)::bigint, sum(failed)::bigint
FROM quality_figure
WHERE (%(sender)s::text IS NULL OR sender = %(sender)s) AND (%(dataset)s::text IS NULL OR dataset = %(dataset)s)
    AND (%(rule)s::text IS NULL OR rule = %(rule)s) AND (%(dimension)s::text IS NULL OR dimension = %(dimension)s)
    AND (%(since)s::date IS NULL OR month >= %(since)s) AND (%(until)s::date IS NULL OR month <= %(until)s)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 3 NULLS FIRST, 1, 2, 5, 4;

-- name: findings
-- The records of a group that fail a rule, a page after an id.
SELECT r.id, r.type, r.sender, r.dataset, r.month FROM quality_record AS r
WHERE r.sender = %(sender)s AND r.dataset = %(dataset)s AND (%(month)s::date IS NULL OR r.month = %(month)s)
    AND r.id > %(after)s AND r.failed & %(bit)s <> 0
ORDER BY r.id LIMIT %(count)s;

-- name: findings_alike
-- The records of a group that have an equal with a lower id, a page after an id.
SELECT r.id, r.type, r.sender, r.dataset, r.month FROM quality_record AS r
WHERE r.sender = %(sender)s AND r.dataset = %(dataset)s AND (%(month)s::date IS NULL OR r.month = %(month)s)
    AND r.id > %(after)s AND r.likeness IS NOT NULL
    AND EXISTS (SELECT FROM quality_record AS o WHERE o.likeness = r.likeness AND o.id < r.id)
ORDER BY r.id LIMIT %(count)s;

-- name: as_of
-- When the figures were last brought up to date.
SELECT at FROM quality_reader WHERE position IS NOT NULL;
