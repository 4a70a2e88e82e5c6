-- How many records there are, without reading them all.

-- name: size
-- The planner's estimate of all rows of `record`; too small where its tables were never analysed.
SELECT coalesce(sum(greatest(child.reltuples, 0)), 0)::bigint
FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = 'record'::regclass;

-- name: exact
-- Records that are not deleted, by type.
SELECT type, count(*) FROM record WHERE NOT deleted GROUP BY type;

-- name: estimated
-- By type, from the planner's statistics: a type with a partition of its own by that partition's size, another by
-- its share of the common partition. Deleted records count.
SELECT (regexp_match(pg_get_expr(child.relpartbound, child.oid), '\((''?)(\d+)'))[2]::smallint, child.reltuples::bigint
FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = 'record'::regclass AND pg_get_expr(child.relpartbound, child.oid) <> 'DEFAULT' AND child.reltuples > 0
UNION ALL
SELECT common.type, greatest(1, common.share * child.reltuples)::bigint
FROM pg_class child
JOIN pg_stats stats ON stats.tablename = child.relname AND stats.schemaname = child.relnamespace::regnamespace::text
                   AND stats.attname = 'type'
CROSS JOIN LATERAL unnest(stats.most_common_vals::text::smallint[], stats.most_common_freqs) AS common (type, share)
WHERE child.oid = 'record_other'::regclass;
