-- The population register.

-- name: put
-- Put rows of persons.
INSERT INTO person_register (person, name, sex, birth, id_card, phone, address, division, household, residence, vital,
                             died, sources, origin)
SELECT person, name, sex, birth, id_card, phone, address, division, household, residence, vital, died, sources, origin
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (person uuid, name text, sex text, birth text, id_card text, phone text,
    address text, division text, household text, residence text, vital text, died text, sources integer, origin jsonb)
ON CONFLICT (person) DO UPDATE SET name = excluded.name, sex = excluded.sex, birth = excluded.birth,
    id_card = excluded.id_card, phone = excluded.phone, address = excluded.address, division = excluded.division,
    household = excluded.household, residence = excluded.residence, vital = excluded.vital, died = excluded.died,
    sources = excluded.sources, origin = excluded.origin, at = now();

-- name: drop
-- Take out persons without a source.
DELETE FROM person_register WHERE person = ANY(%(persons)s::uuid[]);

-- name: drop_disagreements
-- What is no longer in disagreement.
DELETE FROM person_disagreement AS d WHERE person = ANY(%(persons)s::uuid[]) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (person uuid, kind text)
    WHERE t.person = d.person AND t.kind = d.kind);

-- name: put_disagreements
-- What is in disagreement, since when.
INSERT INTO person_disagreement (person, kind, said)
SELECT person, kind, said FROM jsonb_to_recordset(%(rows)s::jsonb) AS t (person uuid, kind text, said jsonb)
ON CONFLICT (person, kind) DO UPDATE SET said = excluded.said;

-- name: members
-- The sources of persons with all that is kept of them.
SELECT l.person::text, r.source, r.sender, r.feed, r.raw, r.columns, r.told, r.version, l.by_hand
FROM person_link AS l JOIN person_record AS r ON r.key = record_key('Patient/' || l.source)
WHERE l.person = ANY(%(persons)s::uuid[]) ORDER BY l.person, l.source;

-- name: next_persons
-- The next persons in the order of ids.
SELECT id::text FROM person WHERE id > %(after)s ORDER BY id LIMIT %(count)s;

-- name: row
-- One row.
SELECT person::text, name, sex, birth, id_card, phone, address, division, household, residence, vital, died, sources,
       origin, at FROM person_register WHERE person = %(person)s;

-- name: page
-- A page of the register, by name, from behind a place on.
SELECT person::text, name, sex, birth, id_card, phone, address, division, household, residence, vital, died, sources,
       origin, at
FROM person_register
WHERE (%(name)s = '' OR name LIKE %(name)s || '%%')
    AND (%(id_card)s = '' OR id_card = %(id_card)s)
    AND (%(vital)s = '' OR vital = %(vital)s)
    AND (%(residence)s = '' OR residence = %(residence)s)
    AND (%(household)s = '' OR household = %(household)s)
    AND (%(division)s = '' OR division LIKE %(division)s || '%%')
    AND (coalesce(name, ''), person) > (%(after_name)s, %(after)s::uuid)
ORDER BY coalesce(name, ''), person LIMIT %(count)s;

-- name: counts
-- How many persons are alive or dead, by residence.
SELECT vital, residence, count(*) FROM person_register GROUP BY 1, 2 ORDER BY 1, 2;

-- name: disagreements
-- A page of what is in disagreement, from behind a place on.
SELECT d.person::text, d.kind, d.said, d.since, r.name, r.birth
FROM person_disagreement AS d JOIN person_register AS r USING (person)
WHERE (%(kind)s = '' OR d.kind = %(kind)s) AND (d.kind, d.person) > (%(after_kind)s, %(after)s::uuid)
ORDER BY d.kind, d.person LIMIT %(count)s;

-- name: disagreement_counts
-- How much is in disagreement, by kind.
SELECT kind, count(*) FROM person_disagreement GROUP BY 1 ORDER BY 2 DESC, 1;

-- name: of_person
-- What is in disagreement about a person.
SELECT person::text, kind, said, since, '', '' FROM person_disagreement WHERE person = %(person)s ORDER BY kind;
