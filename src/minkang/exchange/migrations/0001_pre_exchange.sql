-- What institutions send: who may send, what came, what became of it. docs/decisions/0009-exchange.md.

CREATE TABLE exchange_sender (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL DEFAULT '',
    institution text NOT NULL DEFAULT '',
    scopes text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    added timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE exchange_feed (
    sender integer NOT NULL REFERENCES exchange_sender,
    feed text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (sender, feed)
);

-- One row a file being taken in; `position` counts what was read of it and is settled.
CREATE TABLE exchange_intake (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender integer NOT NULL REFERENCES exchange_sender,
    feed text NOT NULL,
    fingerprint text NOT NULL,
    place text NOT NULL,
    size bigint NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'broken')),
    started timestamptz NOT NULL DEFAULT now(),
    touched timestamptz NOT NULL DEFAULT now(),
    position bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    CHECK (position = accepted + duplicate + superseded + rejected)
);
CREATE UNIQUE INDEX exchange_intake_open ON exchange_intake (sender, feed, fingerprint) WHERE state = 'open';
CREATE INDEX exchange_intake_sender ON exchange_intake (sender, id);

-- The ledger: one row a distinct message.
CREATE TABLE exchange_message (
    identity uuid NOT NULL PRIMARY KEY,     -- first 16 bytes of SHA-256 of sender, feed, key and digest
    number bigint NOT NULL DEFAULT 0,
    sender integer NOT NULL,
    feed text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,                  -- SHA-256 of the body
    state text NOT NULL CHECK (state IN ('accepted', 'superseded', 'rejected', 'replayed', 'discarded')),
    code text NOT NULL DEFAULT '',          -- of the fault, where rejected
    received timestamptz NOT NULL,
    settled timestamptz NOT NULL,
    place text NOT NULL,
    intake bigint,
    blob text NOT NULL,                     -- the original: a stretch of a blob
    blob_from integer NOT NULL,
    blob_length integer NOT NULL,
    drafts integer NOT NULL,
    written integer NOT NULL,               -- drafts that changed what the store says
    noted integer NOT NULL,
    notes jsonb,
    copies integer NOT NULL DEFAULT 0,      -- how often it came again
    replay_of bigint                        -- the reject it was made of by correction
) PARTITION BY HASH (identity);
CREATE SEQUENCE exchange_message_number;
ALTER TABLE exchange_message ALTER COLUMN number SET DEFAULT nextval('exchange_message_number');
CREATE INDEX exchange_message_sender ON exchange_message (sender, number);
CREATE INDEX exchange_message_key ON exchange_message (sender, key);

-- What is known of each resource that senders speak of: the highest ranks of its content and of its withdrawal.
CREATE TABLE exchange_object (
    id uuid NOT NULL PRIMARY KEY,           -- of the resource
    type text NOT NULL,
    content text,                           -- rank as text, see minkang/exchange/intake/ranks.py
    withdrawn text,
    message uuid NOT NULL                   -- that last changed it
) PARTITION BY HASH (id);

CREATE TABLE exchange_reject (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message uuid NOT NULL UNIQUE,
    sender integer NOT NULL,
    feed text NOT NULL,
    key text NOT NULL,
    place text NOT NULL,
    received timestamptz NOT NULL,
    code text NOT NULL,
    inside text NOT NULL,                   -- where in the message
    params jsonb NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    blob text NOT NULL,                     -- the body as it stands, corrected or not
    blob_from integer NOT NULL,
    blob_length integer NOT NULL
);
CREATE INDEX exchange_reject_list ON exchange_reject (state, sender, code, id);

CREATE TABLE exchange_reject_step (
    reject bigint NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    caller text NOT NULL,
    event text NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    blob text NOT NULL,
    blob_from integer NOT NULL,
    blob_length integer NOT NULL,
    PRIMARY KEY (reject, version)
) PARTITION BY HASH (reject);

CREATE TABLE exchange_unmapped (
    sender integer NOT NULL,
    map text NOT NULL,
    code text NOT NULL,
    text text NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (sender, map, code, text)
);

-- Every arrival counted once, by what became of it.
CREATE TABLE exchange_tally (
    sender integer NOT NULL,
    feed text NOT NULL,
    day date NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'duplicate', 'superseded', 'rejected')),
    count bigint NOT NULL,
    PRIMARY KEY (sender, feed, day, outcome)
);

DO $partitions$
DECLARE
    grown record;
    part integer;
BEGIN
    FOR grown IN
        SELECT * FROM (VALUES ('exchange_message', 16), ('exchange_object', 16), ('exchange_reject_step', 4))
            AS tables (name, parts)
    LOOP
        FOR part IN 0 .. grown.parts - 1 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
                           grown.name || '_' || part, grown.name, grown.parts, part);
        END LOOP;
    END LOOP;
END
$partitions$;
