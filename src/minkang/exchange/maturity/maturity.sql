-- name: exchanged
-- What each sender brought, by data set: records and messages, and the last month of them.
SELECT sender, dataset, sum(checked - CASE WHEN rule = 'taken' THEN failed ELSE 0 END)::bigint, max(month)
FROM quality_figure
WHERE rule IN ('stands', 'taken') AND (%(since)s::date IS NULL OR month >= %(since)s)
GROUP BY sender, dataset HAVING sum(checked - failed) > 0;
