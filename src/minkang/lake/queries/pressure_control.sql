-- Control of hypertension: of those with a diagnosis, how many were last measured below 140/90 in a year.
-- parameters: $from, $to (dates; to is the day after the last)
WITH sick AS (
    SELECT DISTINCT person_id FROM condition WHERE icd10 LIKE 'I10%' AND coalesce(verification, '') <> 'refuted'
),
measured AS (
    SELECT o.person_id, o.id, o.effective_at,
        max(CASE WHEN o.loinc = '8480-6' THEN o.value END) AS systolic,
        max(CASE WHEN o.loinc = '8462-4' THEN o.value END) AS diastolic
    FROM observation o
    JOIN sick s ON s.person_id = o.person_id
    WHERE o.effective_date >= CAST($from AS DATE) AND o.effective_date < CAST($to AS DATE)
    GROUP BY o.person_id, o.id, o.effective_at
),
last AS (
    SELECT person_id, systolic, diastolic,
        row_number() OVER (PARTITION BY person_id ORDER BY effective_at DESC, id) AS place
    FROM measured
    WHERE systolic IS NOT NULL AND diastolic IS NOT NULL
)
SELECT
    (SELECT count(*) FROM sick) AS people,
    count(*) AS measured,
    count(*) FILTER (WHERE systolic < 140 AND diastolic < 90) AS controlled,
    count(*) FILTER (WHERE systolic < 140 AND diastolic < 90) / nullif(count(*), 0) AS share,
    avg(systolic) AS mean_systolic,
    quantile_cont(systolic, 0.5) AS median_systolic
FROM last
WHERE place = 1
