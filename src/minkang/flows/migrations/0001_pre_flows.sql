-- What moves through hands: one row an item, and one row a step, which is never changed.

CREATE TABLE flow_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flow text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL,
    due timestamptz,
    version integer NOT NULL DEFAULT 1,
    organisation text NOT NULL DEFAULT '',
    about jsonb NOT NULL DEFAULT '{}',
    UNIQUE (flow, subject)
);
CREATE INDEX flow_item_place ON flow_item ((flow || '/' || state), (coalesce(due, 'infinity')), id);
CREATE INDEX flow_item_due ON flow_item (due) WHERE due IS NOT NULL;

CREATE TABLE flow_step (
    item bigint NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    caller text NOT NULL,
    event text NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (item, version)
) PARTITION BY HASH (item);
CREATE TABLE flow_step_0 PARTITION OF flow_step FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE flow_step_1 PARTITION OF flow_step FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE flow_step_2 PARTITION OF flow_step FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE flow_step_3 PARTITION OF flow_step FOR VALUES WITH (MODULUS 4, REMAINDER 3);

CREATE FUNCTION flow_step_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a step that was taken is not changed or removed';
END $$;
CREATE TRIGGER flow_step_kept BEFORE UPDATE OR DELETE ON flow_step FOR EACH ROW EXECUTE FUNCTION flow_step_kept();
