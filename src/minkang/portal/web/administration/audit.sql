-- The audit trail as its page searches it.

-- name: page
-- Rows within some days that fit all filters, the newest first, from behind a row on. Empty text fits everything.
SELECT seq, at, caller, interaction, type, id, person, count, outcome, purpose, address, request, query
FROM access_audit
WHERE at >= %(start)s AND at < %(end)s
  AND (%(last_at)s::timestamptz IS NULL OR (at, seq) < (%(last_at)s, %(last_seq)s))
  AND (%(caller)s = '' OR caller = %(caller)s)
  AND (%(interaction)s = '' OR interaction = %(interaction)s)
  AND (%(type)s = '' OR type = %(type)s)
  AND (%(id)s = '' OR id = %(id)s)
  AND (%(person)s = '' OR person = %(person)s)
  AND (%(request)s = '' OR request = %(request)s)
  AND (%(outcome)s = '' OR (outcome = 'ok') = (%(outcome)s = 'ok'))
ORDER BY at DESC, seq DESC LIMIT %(size)s;
