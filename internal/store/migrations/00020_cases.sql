-- What people did about single systems, and examinations of single systems. A
-- system is named by the target of its records. Rows of both are only ever added.

-- +goose Up
-- until is '' but for an acceptance; tag is '' but for a tag.
CREATE TABLE case_events (
    target TEXT    NOT NULL,
    number INTEGER NOT NULL,
    mark   TEXT    NOT NULL,
    at     TEXT    NOT NULL,
    person TEXT    NOT NULL,
    note   TEXT    NOT NULL,
    until  TEXT    NOT NULL,
    tag    TEXT    NOT NULL,
    PRIMARY KEY (target, number)
);

-- survey_id is the survey whose scope, validity and exclusions bounded it.
CREATE TABLE rechecks (
    id        TEXT    NOT NULL PRIMARY KEY,
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    target    TEXT    NOT NULL,
    at        TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    finding   TEXT    NOT NULL,
    facts     TEXT    NOT NULL
);

CREATE INDEX rechecks_target ON rechecks (target, at);
CREATE INDEX disclosure_systems_target ON disclosure_systems (target);

-- +goose Down
DROP INDEX disclosure_systems_target;
DROP TABLE rechecks;
DROP TABLE case_events;
