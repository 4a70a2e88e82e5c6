-- The register of service clients.

-- name: add
-- Register a client; nothing happens when the id is taken.
INSERT INTO access_client (id, name, secret, keys, scopes)
VALUES (%(id)s, %(name)s, %(secret)s, %(keys)s::jsonb, %(scopes)s)
ON CONFLICT (id) DO NOTHING
RETURNING id, name, secret, keys, scopes, active, generation, created;

-- name: find
-- One client.
SELECT id, name, secret, keys, scopes, active, generation, created FROM access_client WHERE id = %(id)s;

-- name: all
-- All clients, the oldest first.
SELECT id, name, secret, keys, scopes, active, generation, created FROM access_client ORDER BY created, id;

-- name: set_active
-- Let a client in, or shut it out; its tokens end either way.
UPDATE access_client SET active = %(active)s, generation = generation + 1, changed = now() WHERE id = %(id)s
RETURNING id;

-- name: set_scopes
-- Change what a client is granted; its tokens end.
UPDATE access_client SET scopes = %(scopes)s, generation = generation + 1, changed = now() WHERE id = %(id)s
RETURNING id;

-- name: set_secret
-- Change a client's secret; its tokens end.
UPDATE access_client SET secret = %(secret)s, generation = generation + 1, changed = now() WHERE id = %(id)s
RETURNING id;

-- name: use_assertion
-- Note that an assertion was used; no row comes back when it had been used before.
INSERT INTO access_assertion (client, jti, expires)
VALUES (%(client)s, %(jti)s, to_timestamp(%(expires)s))
ON CONFLICT DO NOTHING
RETURNING jti;

-- name: forget_assertions
-- Drop assertions that could not be used again anyway.
DELETE FROM access_assertion WHERE expires < now();
