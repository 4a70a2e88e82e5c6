-- On which days of the week, Monday 1 to Sunday 7, and at which hours measurements are taken.
SELECT isodow(effective_at) AS weekday, extract(hour FROM effective_at) AS hour, count(*) AS measurements,
    min(date_diff('day', effective_at, recorded_at)) AS least_days, max(date_diff('week', effective_at, recorded_at)) AS weeks
FROM observation
WHERE component = 0 AND effective_at IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2
