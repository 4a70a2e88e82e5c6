-- Plans, every text of them that was imported, what the machine read, and what people made of it.

CREATE TABLE plan (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL UNIQUE,
    region text NOT NULL DEFAULT '',
    first_year integer,
    last_year integer,
    revision integer NOT NULL DEFAULT 0
);

-- One row a text: importing the same file again makes no new one.
CREATE TABLE plan_revision (
    plan bigint NOT NULL REFERENCES plan (id),
    revision integer NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    caller text NOT NULL,
    PRIMARY KEY (plan, revision)
);

-- One row an indicator, commitment, task, project, finding or term. `machine` is the last reading, `correction` the
-- person's; neither overwrites the other. `code` will name the definition that measures it.
CREATE TABLE plan_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan bigint NOT NULL REFERENCES plan (id),
    kind text NOT NULL,
    key text NOT NULL,
    position integer NOT NULL,
    machine jsonb NOT NULL,
    correction jsonb,
    state text NOT NULL DEFAULT 'read' CHECK (state IN ('read', 'accepted', 'corrected', 'refused')),
    stale boolean NOT NULL DEFAULT false,
    present boolean NOT NULL DEFAULT true,
    code text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    UNIQUE (plan, kind, key)
);
CREATE INDEX plan_item_order ON plan_item (plan, kind, position);

-- Every change of an item, by whom and why; never changed itself.
CREATE TABLE plan_change (
    item bigint NOT NULL REFERENCES plan_item (id),
    version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    caller text NOT NULL,
    what text NOT NULL,
    revision integer NOT NULL,
    reason text NOT NULL DEFAULT '',
    value jsonb,
    PRIMARY KEY (item, version)
);
CREATE FUNCTION plan_change_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change of a plan that was made is not altered or removed';
END $$;
CREATE TRIGGER plan_change_kept BEFORE UPDATE OR DELETE ON plan_change
FOR EACH ROW EXECUTE FUNCTION plan_change_kept();
