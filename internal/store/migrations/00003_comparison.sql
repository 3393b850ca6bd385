-- What comparisons of surveys need: what a survey covered, and the facts of its
-- findings without their texts, a tenth of the size.
--
-- In PostgreSQL target has the collation "C", as in SQLite: streams of several
-- surveys are merged in the order of its bytes.

-- +goose Up
ALTER TABLE surveys ADD COLUMN coverage TEXT;

CREATE TABLE facts (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    target    TEXT    NOT NULL,
    port      INTEGER NOT NULL,
    facts     TEXT    NOT NULL,
    PRIMARY KEY (survey_id, target, port)
);

-- +goose Down
DROP TABLE facts;
ALTER TABLE surveys DROP COLUMN coverage;
