-- Plans and their items.

-- name: hold
-- Let imports of one plan follow one another.
SELECT pg_advisory_xact_lock(hashtextextended('plan ' || %(title)s, 0));

-- name: plan
-- The plan of a title, made where it is not there yet; a region given later is kept.
INSERT INTO plan (title, region, first_year, last_year) VALUES (%(title)s, %(region)s, %(first_year)s, %(last_year)s)
ON CONFLICT (title) DO UPDATE SET region = CASE WHEN %(given)s THEN excluded.region ELSE plan.region END,
    first_year = coalesce(excluded.first_year, plan.first_year), last_year = coalesce(excluded.last_year, plan.last_year)
RETURNING id, revision;

-- name: revision_of
-- The file a revision came from.
SELECT sha256 FROM plan_revision WHERE plan = %(plan)s AND revision = %(revision)s;

-- name: revise
-- A new text of a plan.
INSERT INTO plan_revision (plan, revision, file, sha256, body, caller)
VALUES (%(plan)s, %(revision)s, %(file)s, %(sha256)s, %(body)s, %(caller)s);

-- name: revised
-- Which text of a plan is in force.
UPDATE plan SET revision = %(revision)s WHERE id = %(plan)s;

-- name: items_for_update
-- All items of a plan, held while they are compared.
SELECT id, kind, key, position, machine, state, stale, present, version FROM plan_item WHERE plan = %(plan)s FOR UPDATE;

-- name: add
-- A new item.
INSERT INTO plan_item (plan, kind, key, position, machine)
VALUES (%(plan)s, %(kind)s, %(key)s, %(position)s, %(machine)s::jsonb) RETURNING id;

-- name: read_again
-- The machine's reading of an item in a new text.
UPDATE plan_item SET machine = %(machine)s::jsonb, position = %(position)s, present = true, stale = %(stale)s,
    version = %(version)s
WHERE id = %(id)s;

-- name: gone
-- An item that the new text does not have.
UPDATE plan_item SET present = false, version = %(version)s WHERE id = %(id)s;

-- name: note
-- Write down a change.
INSERT INTO plan_change (item, version, caller, what, revision, reason, value)
VALUES (%(item)s, %(version)s, %(caller)s, %(what)s, %(revision)s, %(reason)s, %(value)s::jsonb);

-- name: one_for_update
-- One item with the revision of its plan, held.
SELECT i.version, i.machine, p.revision FROM plan_item i JOIN plan p ON p.id = i.plan WHERE i.id = %(id)s
FOR UPDATE OF i;

-- name: judge
-- What a person made of an item.
UPDATE plan_item SET state = %(state)s, correction = %(correction)s::jsonb, stale = false, version = %(version)s
WHERE id = %(id)s;

-- name: code
-- The definition that measures an item.
UPDATE plan_item SET code = %(code)s, version = %(version)s WHERE id = %(id)s;

-- name: plans
-- All plans.
SELECT id, title, region, first_year, last_year, revision FROM plan ORDER BY region, title;

-- name: items
-- The items of one kind in the order of print.
SELECT id, kind, key, position, machine, correction, state, stale, present, code, version FROM plan_item
WHERE plan = %(plan)s AND (%(kind)s = '' OR kind = %(kind)s) AND (present OR correction IS NOT NULL)
ORDER BY kind, position, id;

-- name: changes
-- What became of an item.
SELECT version, at, caller, what, revision, reason, value FROM plan_change WHERE item = %(id)s ORDER BY version;

-- name: body
-- The text of a revision.
SELECT body FROM plan_revision WHERE plan = %(plan)s AND revision = %(revision)s;
