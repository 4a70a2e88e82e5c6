-- Persons in the record by sex and ten-year age group at a day.
-- parameters: $on (date)
WITH one AS (
    SELECT person_id, min(gender) AS gender, min(birth_date) AS birth_date
    FROM patient
    WHERE birth_date <= CAST($on AS DATE) AND (deceased_date IS NULL OR deceased_date > CAST($on AS DATE))
    GROUP BY person_id
),
aged AS (
    SELECT gender, date_diff('year', birth_date, CAST($on AS DATE))
        - CASE WHEN month(birth_date) * 100 + day(birth_date) > month(CAST($on AS DATE)) * 100 + day(CAST($on AS DATE))
               THEN 1 ELSE 0 END AS age
    FROM one
)
SELECT gender, age // 10 * 10 AS age_from, count(*) AS people
FROM aged
GROUP BY gender, age // 10 * 10
ORDER BY gender, age_from
