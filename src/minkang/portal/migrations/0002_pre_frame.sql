-- What the pages keep for an account: saved views of tables, and notices.

CREATE TABLE portal_saved_view (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    page text NOT NULL,             -- path of the page and the name of the table on it
    name text NOT NULL,
    address text NOT NULL,          -- the query string that shows it
    created timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account, page, name)
);

CREATE TABLE portal_notice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    key text NOT NULL,              -- of the words; said in the reader's language
    params jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT '',
    read timestamptz,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX portal_notice_account ON portal_notice (account, at);
CREATE INDEX portal_notice_unread ON portal_notice (account) WHERE read IS NULL;
CREATE TABLE portal_notice_other PARTITION OF portal_notice DEFAULT;
