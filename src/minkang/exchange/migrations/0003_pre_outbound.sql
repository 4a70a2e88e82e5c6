-- What goes out: endpoints that may be told, subscriptions, and every notification with what became of it.

-- Nothing is sent to an address whose origin is not here, and of nothing that its scopes do not allow to read.
CREATE TABLE outbound_endpoint (
    origin text PRIMARY KEY,                -- https://city.example.cn:8443
    scopes text NOT NULL,
    name text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    added timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbound_reader (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position text,
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO outbound_reader DEFAULT VALUES;

-- A subscription that is active; the resource itself is in the record store.
CREATE TABLE outbound_subscription (
    id text PRIMARY KEY,                    -- of the Subscription
    version integer NOT NULL,
    criteria text NOT NULL,
    endpoint text NOT NULL,
    payload text NOT NULL,                  -- media type; empty for a bare notice
    headers jsonb NOT NULL,
    until timestamptz,
    failures integer NOT NULL DEFAULT 0,    -- one after another
    due timestamptz NOT NULL DEFAULT now(),
    leased timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE SEQUENCE outbound_delivery_number;
CREATE TABLE outbound_delivery (
    subscription text NOT NULL,
    number bigint NOT NULL DEFAULT nextval('outbound_delivery_number'),
    type text NOT NULL,
    id text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    answer text NOT NULL DEFAULT '',        -- the last one: a status, or why there was none
    made timestamptz NOT NULL DEFAULT now(),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription, number)
) PARTITION BY HASH (subscription);
CREATE INDEX outbound_delivery_waiting ON outbound_delivery (subscription, number) WHERE state = 'waiting';
CREATE INDEX outbound_delivery_dead ON outbound_delivery (number) WHERE state = 'dead';

DO $partitions$
BEGIN
    FOR part IN 0 .. 7 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF outbound_delivery FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
                       'outbound_delivery_' || part, part);
    END LOOP;
END
$partitions$;
