-- Who sends what, and how far its files have been taken in.

-- name: add
-- Register a sender, or change what is said of it.
INSERT INTO exchange_sender (slug, name, institution, scopes, synthetic)
VALUES (%(slug)s, %(name)s, %(institution)s, %(scopes)s, %(synthetic)s)
ON CONFLICT (slug) DO UPDATE SET name = EXCLUDED.name, institution = EXCLUDED.institution, scopes = EXCLUDED.scopes,
    synthetic = EXCLUDED.synthetic
RETURNING id;

-- name: allow
-- Let a sender send a feed.
INSERT INTO exchange_feed (sender, feed, settings) VALUES (%(sender)s, %(feed)s, %(settings)s::jsonb)
ON CONFLICT (sender, feed) DO UPDATE SET settings = EXCLUDED.settings, active = true;

-- name: set_active
-- Shut a sender out, or let it in.
UPDATE exchange_sender SET active = %(active)s WHERE id = %(id)s;

-- name: senders
-- All senders with their feeds.
SELECT s.id, s.slug, s.name, s.institution, s.scopes, s.active, s.synthetic,
    coalesce(array_agg(f.feed ORDER BY f.feed) FILTER (WHERE f.active), '{}')
FROM exchange_sender AS s LEFT JOIN exchange_feed AS f ON f.sender = s.id
GROUP BY s.id ORDER BY s.slug;

-- name: begin
-- Begin to take a file in, or go on where another run of it was ended.
INSERT INTO exchange_intake (sender, feed, fingerprint, place, size)
VALUES (%(sender)s, %(feed)s, %(fingerprint)s, %(place)s, %(size)s)
ON CONFLICT (sender, feed, fingerprint) WHERE state = 'open' DO UPDATE SET touched = now(), place = EXCLUDED.place
RETURNING id, position, accepted, duplicate, superseded, rejected;

-- name: intake
-- How far a file is taken in.
SELECT id, position, accepted, duplicate, superseded, rejected FROM exchange_intake WHERE id = %(id)s;

-- name: advance
-- Go on from a position; no row where another process has been there.
UPDATE exchange_intake SET position = position + %(count)s, accepted = accepted + %(accepted)s,
    duplicate = duplicate + %(duplicate)s, superseded = superseded + %(superseded)s, rejected = rejected + %(rejected)s,
    touched = now()
WHERE id = %(id)s AND position = %(position)s AND state = 'open' RETURNING id;

-- name: finish
-- The end of the file was reached.
UPDATE exchange_intake SET state = 'done', touched = now() WHERE id = %(id)s AND state = 'open';

-- name: intakes
-- Files taken in, the latest first.
SELECT i.id, s.slug, i.feed, i.place, i.size, i.state, i.started, i.touched, i.position, i.accepted, i.duplicate,
    i.superseded, i.rejected
FROM exchange_intake AS i JOIN exchange_sender AS s ON s.id = i.sender
WHERE (%(sender)s::text IS NULL OR s.slug = %(sender)s)
ORDER BY i.id DESC LIMIT %(count)s;
