-- Data quality: what each rule said of each record, and its figures by sender, data set and month. docs/decisions/0021.

CREATE TABLE quality_reader (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position text,                          -- of the change feed; null before the first record
    rules text NOT NULL DEFAULT '',         -- digest of the rules the figures were made with
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO quality_reader DEFAULT VALUES;

-- One row a record that some sender brought; bit n - 1 of the masks is rule n.
CREATE TABLE quality_record (
    id text NOT NULL,
    type text NOT NULL,
    sender text NOT NULL,
    dataset text NOT NULL,
    month date NOT NULL,
    checked bigint NOT NULL,
    failed bigint NOT NULL,
    likeness uuid,                          -- of what makes two records the same
    PRIMARY KEY (id, type)
) PARTITION BY HASH (id);
CREATE INDEX quality_record_group ON quality_record (sender, dataset, month);
CREATE INDEX quality_record_alike ON quality_record (likeness) WHERE likeness IS NOT NULL;

CREATE TABLE quality_figure (
    sender text NOT NULL,
    dataset text NOT NULL,
    month date NOT NULL,
    rule text NOT NULL,
    dimension text NOT NULL,
    checked bigint NOT NULL,
    failed bigint NOT NULL CHECK (failed BETWEEN 0 AND checked),
    PRIMARY KEY (sender, dataset, month, rule)
);
CREATE INDEX quality_figure_month ON quality_figure (month, sender);

-- Groups whose figures have to be made again.
CREATE TABLE quality_touched (
    sender text NOT NULL,
    dataset text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (sender, dataset, month)
);

DO $partitions$
BEGIN
    FOR part IN 0 .. 15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF quality_record FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'quality_record_' || part, part);
    END LOOP;
END
$partitions$;
