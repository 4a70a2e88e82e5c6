-- What each source of records delivered: records, persons, span of time, and rows without a standard code.
SELECT coalesce(source, '') AS source, count(DISTINCT id) AS records, count(DISTINCT person_id) AS people,
    min(effective_date) AS first_day, max(effective_date) AS last_day,
    date_diff('month', min(effective_date), max(effective_date)) AS months,
    count(*) FILTER (WHERE loinc IS NULL) AS uncoded, round(count(loinc) * 100.0 / count(*), 1) AS coded_percent
FROM observation
GROUP BY 1
ORDER BY 1
