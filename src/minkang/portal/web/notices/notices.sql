-- Notices of accounts.

-- name: tell
-- A new notice.
INSERT INTO portal_notice (account, key, params, address)
SELECT account, %(key)s, %(params)s::jsonb, %(address)s FROM unnest(%(accounts)s::text[]) AS told (account);

-- name: unread
-- How many an account has not read.
SELECT count(*) FROM portal_notice WHERE account = %(account)s AND read IS NULL;

-- name: newest
-- The newest of an account.
SELECT id, at, key, params, address, read FROM portal_notice
WHERE account = %(account)s ORDER BY at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: count
-- All of an account.
SELECT count(*) FROM portal_notice WHERE account = %(account)s;

-- name: read_all
-- Mark all of an account as read.
UPDATE portal_notice SET read = now() WHERE account = %(account)s AND read IS NULL;
