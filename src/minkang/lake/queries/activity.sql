-- Measurements by month and kind, with the change from the month before and the share of the month.
WITH counted AS (
    SELECT date_trunc('month', effective_at) AS month, coalesce(loinc, local_code, code) AS kind,
        count(*) AS measurements, count(DISTINCT person_id) AS people
    FROM observation
    WHERE effective_at IS NOT NULL
    GROUP BY 1, 2
)
SELECT month, kind, measurements, people,
    measurements - lag(measurements) OVER (PARTITION BY kind ORDER BY month) AS change,
    measurements / sum(measurements) OVER (PARTITION BY month) AS share
FROM counted
ORDER BY month, kind
