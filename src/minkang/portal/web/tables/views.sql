-- Saved views of tables.

-- name: of_page
-- The views an account keeps of a table.
SELECT id, name, address FROM portal_saved_view WHERE account = %(account)s AND page = %(page)s ORDER BY name;

-- name: of_account
-- All views an account keeps.
SELECT id, name, page, address FROM portal_saved_view WHERE account = %(account)s ORDER BY page, name;

-- name: save
-- Keep a view; one of the same name is replaced.
INSERT INTO portal_saved_view (account, page, name, address) VALUES (%(account)s, %(page)s, %(name)s, %(address)s)
ON CONFLICT (account, page, name) DO UPDATE SET address = excluded.address;

-- name: remove
-- Forget a view of an account.
DELETE FROM portal_saved_view WHERE account = %(account)s AND id = %(id)s;
