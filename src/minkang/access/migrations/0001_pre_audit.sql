-- The audit trail: one row an interaction, added before its answer goes out, never changed.
-- A later migration adds the chain of hashes over `seq`.

CREATE SEQUENCE access_audit_seq;
CREATE TABLE access_audit (
    seq bigint NOT NULL DEFAULT nextval('access_audit_seq'),    -- servers before 17 know no identity on partitions
    at timestamptz NOT NULL,
    caller text NOT NULL,
    request text NOT NULL,          -- joins the rows and log lines of one request
    address text NOT NULL,
    interaction text NOT NULL,      -- read, vread, history, search, create, update, patch, delete, transaction, feed …
    type text NOT NULL,             -- empty where the interaction is with the whole store
    id text NOT NULL,               -- empty where it is with many records
    person text NOT NULL,           -- Patient/… where it is known; empty where not
    query text NOT NULL,
    outcome text NOT NULL,          -- ok, or the code of the fault
    purpose text NOT NULL,
    count integer NOT NULL,         -- records read or written
    txid bigint,                    -- of a write: joins record_version.txid, so that each version has its caller
    PRIMARY KEY (at, seq)
) PARTITION BY RANGE (at);
CREATE INDEX access_audit_person ON access_audit (person, at) WHERE person <> '';
CREATE INDEX access_audit_caller ON access_audit (caller, at);
CREATE TABLE access_audit_other PARTITION OF access_audit DEFAULT;

CREATE FUNCTION access_audit_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is kept: % on access_audit is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'Retention drops a whole month''s partition.';
END
$$;
CREATE TRIGGER access_audit_keeps BEFORE UPDATE OR DELETE ON access_audit
    FOR EACH ROW EXECUTE FUNCTION access_audit_keeps();
CREATE TRIGGER access_audit_keeps_all BEFORE TRUNCATE ON access_audit
    FOR EACH STATEMENT EXECUTE FUNCTION access_audit_keeps();

-- Makes the partition of a month unless it is there. A month whose rows already went to the common partition stays there.
CREATE FUNCTION access_audit_month(day timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month_start timestamptz := date_trunc('month', day AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    month_end timestamptz := (date_trunc('month', day AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    name text := 'access_audit_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('access_audit_month'));
    IF to_regclass(name) IS NULL
       AND NOT EXISTS (SELECT FROM access_audit_other WHERE at >= month_start AND at < month_end) THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF access_audit FOR VALUES FROM (%L) TO (%L)', name, month_start, month_end);
    END IF;
END
$$;

SELECT access_audit_month(now()), access_audit_month(now() + interval '1 month');
