-- Service clients: programs that are let in by their own credentials.

CREATE TABLE access_client (
    id text PRIMARY KEY,
    name text NOT NULL,
    secret text,                    -- scrypt$…; null where the client proves itself by a key
    keys jsonb,                     -- JWK set of the client's public keys; null where it has a secret only
    scopes text NOT NULL,           -- as SMART writes them, space-separated
    active boolean NOT NULL DEFAULT true,
    generation integer NOT NULL DEFAULT 1,  -- raised with every change; tokens of earlier generations end
    created timestamptz NOT NULL DEFAULT now(),
    changed timestamptz NOT NULL DEFAULT now(),
    CHECK (secret IS NOT NULL OR keys IS NOT NULL)
);

-- Assertions already used, kept until they would have expired.
CREATE TABLE access_assertion (
    client text NOT NULL,
    jti text NOT NULL,
    expires timestamptz NOT NULL,
    PRIMARY KEY (client, jti)
);
CREATE INDEX access_assertion_expires ON access_assertion (expires);
