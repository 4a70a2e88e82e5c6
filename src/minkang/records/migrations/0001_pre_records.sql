-- The record store. docs/decisions/0004-record-store.md says why it is laid out so.
-- `type` is a number of minkang/records/types.py, given once and for ever.

CREATE FUNCTION record_key(address text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(substring(sha256(convert_to(address, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid;
COMMENT ON FUNCTION record_key IS 'The key of an address such as Patient/123: the first 16 bytes of its SHA-256.';

-- The feed orders versions by transaction number. A dump restored into another server meets lower transaction numbers
-- there, so `shift` is added to all of them and raised on a restore; `epoch` tells a reader that it happened.
CREATE TABLE feed_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch integer NOT NULL DEFAULT 1,
    shift bigint NOT NULL DEFAULT 0
);
INSERT INTO feed_epoch DEFAULT VALUES;

CREATE FUNCTION feed_txid() RETURNS bigint LANGUAGE sql STABLE
RETURN pg_current_xact_id()::text::bigint + (SELECT shift FROM feed_epoch);
CREATE FUNCTION feed_horizon() RETURNS bigint LANGUAGE sql STABLE
RETURN pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT shift FROM feed_epoch);
COMMENT ON FUNCTION feed_horizon IS 'Every transaction below it has ended; none below it can still add a version.';

CREATE SEQUENCE record_rid INCREMENT BY 1000;
COMMENT ON SEQUENCE record_rid IS 'Gives blocks: nextval n means that n to n + 999 belong to the caller.';

-- One row a resource.
CREATE TABLE record (
    type smallint NOT NULL,
    key uuid NOT NULL,              -- record_key('Patient/123')
    rid bigint NOT NULL,
    id text NOT NULL,
    version integer NOT NULL,
    deleted boolean NOT NULL,
    at timestamptz NOT NULL,
    present integer[] NOT NULL,     -- the branches the resource has search keys under; for :missing
    PRIMARY KEY (type, rid),
    UNIQUE (type, key)
) PARTITION BY LIST (type);
CREATE INDEX record_at ON record (type, at, rid);

-- One row a version; nothing is changed or removed here.
CREATE TABLE record_version (
    type smallint NOT NULL,
    rid bigint NOT NULL,
    version integer NOT NULL,
    txid bigint NOT NULL,           -- feed_txid() of the writer; a later version has a higher one
    at timestamptz NOT NULL,
    method smallint NOT NULL CHECK (method IN (1, 2, 3)),   -- create, update, delete
    body bytea,                     -- canonical JSON; null where the version is a deletion
    PRIMARY KEY (type, rid, version),
    CHECK ((body IS NULL) = (method = 3))
) PARTITION BY LIST (type);
CREATE INDEX record_version_feed ON record_version (txid, rid, version);
CREATE INDEX record_version_at ON record_version (at, rid, version);

CREATE TABLE search_token (
    type smallint NOT NULL,
    key uuid NOT NULL,              -- sha256(branch, code)[:12] then sha256(system)[:4]
    rid bigint NOT NULL,
    grp smallint NOT NULL
) PARTITION BY LIST (type);
CREATE INDEX search_token_key ON search_token (key, rid);

CREATE TABLE search_reference (
    type smallint NOT NULL,
    branch integer NOT NULL,
    target uuid NOT NULL,           -- record_key of what is referred to
    rid bigint NOT NULL,
    grp smallint NOT NULL
) PARTITION BY LIST (type);
CREATE INDEX search_reference_target ON search_reference (target, branch, rid);
CREATE INDEX search_reference_rid ON search_reference (rid, branch) INCLUDE (target);

CREATE TABLE search_date (
    type smallint NOT NULL,
    branch integer NOT NULL,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL,      -- [low, high); open ends are -infinity and infinity
    rid bigint NOT NULL,
    grp smallint NOT NULL
) PARTITION BY LIST (type);
CREATE INDEX search_date_low ON search_date (branch, low, rid) INCLUDE (high);
CREATE INDEX search_date_rid ON search_date (rid, branch) INCLUDE (low, high);

CREATE TABLE search_number (
    type smallint NOT NULL,
    branch integer NOT NULL,
    low numeric NOT NULL,
    high numeric NOT NULL,
    unit text COLLATE "C" NOT NULL, -- system|code; empty for a plain number
    rid bigint NOT NULL,
    grp smallint NOT NULL
) PARTITION BY LIST (type);
CREATE INDEX search_number_low ON search_number (branch, low, rid) INCLUDE (high);
CREATE INDEX search_number_rid ON search_number (rid, branch);

-- Strings, URIs and the texts of tokens, each cut to what an index row holds (minkang.records.keys.clip).
CREATE TABLE search_text (
    type smallint NOT NULL,
    branch integer NOT NULL,
    folded text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    rid bigint NOT NULL,
    grp smallint NOT NULL
) PARTITION BY LIST (type);
CREATE INDEX search_text_folded ON search_text (branch, folded, rid);
CREATE INDEX search_text_rid ON search_text (rid, branch);

-- The types that fill a county's store have partitions of their own; all others share one.
DO $partitions$
DECLARE
    parent text;
    heavy record;
BEGIN
    FOREACH parent IN ARRAY ARRAY['record', 'record_version', 'search_token', 'search_reference', 'search_date',
                                  'search_number', 'search_text']
    LOOP
        FOR heavy IN
            SELECT * FROM (VALUES
                ('patient', 103), ('observation', 96), ('encounter', 44), ('condition', 28), ('procedure', 110),
                ('medicationrequest', 79), ('immunization', 62), ('diagnosticreport', 40), ('claim', 19),
                ('explanationofbenefit', 53), ('questionnaireresponse', 113), ('servicerequest', 124)
            ) AS types (name, code)
        LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s)',
                           parent || '_' || heavy.name, parent, heavy.code);
        END LOOP;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_other', parent);
    END LOOP;
END
$partitions$;

CREATE FUNCTION record_version_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('minkang.purge', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'versions are kept: % on record_version is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'A purge that the law asks for sets minkang.purge to on for its transaction.';
END
$$;
CREATE TRIGGER record_version_keeps BEFORE UPDATE OR DELETE ON record_version
    FOR EACH ROW EXECUTE FUNCTION record_version_keeps();
CREATE TRIGGER record_version_keeps_all BEFORE TRUNCATE ON record_version
    FOR EACH STATEMENT EXECUTE FUNCTION record_version_keeps();
