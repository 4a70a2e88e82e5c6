-- Persons without any measurement since a day, oldest first.
-- parameters: $since (date)
SELECT p.person_id, min(p.birth_date) AS birth_date
FROM patient p
WHERE NOT EXISTS (SELECT 1 FROM observation o WHERE o.person_id = p.person_id AND o.effective_date >= CAST($since AS DATE))
GROUP BY p.person_id
ORDER BY birth_date, p.person_id
