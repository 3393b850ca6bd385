-- Surveys and their findings. Written in the SQL that SQLite and PostgreSQL
-- share, with one exception: BLOB, which PostgreSQL calls BYTEA.
--
-- Times are text in UTC of fixed width (2026-01-02T15:04:05.000000000Z), so
-- that they sort as text. No column holds a value of a patient attribute.

-- +goose Up
CREATE TABLE surveys (
    id                     TEXT    NOT NULL PRIMARY KEY,
    name                   TEXT    NOT NULL,
    authority_organisation TEXT    NOT NULL,
    authority_contact      TEXT    NOT NULL,
    authority_reference    TEXT    NOT NULL,
    scope                  TEXT    NOT NULL,
    simulated              BOOLEAN NOT NULL,
    version                TEXT    NOT NULL,
    started_at             TEXT    NOT NULL,
    finished_at            TEXT,
    state                  TEXT    NOT NULL CHECK (state IN ('running', 'interrupted', 'finished')),
    probed                 BIGINT  NOT NULL,
    addresses              BIGINT  NOT NULL
);

CREATE INDEX surveys_started ON surveys (started_at);

-- One row a target. target is the address or, where a name did not resolve,
-- the name; port is the port that was asked for, 0 for a whole host. A result
-- that arrives again replaces the earlier one.
CREATE TABLE records (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    target    TEXT    NOT NULL,
    port      INTEGER NOT NULL,
    host      TEXT    NOT NULL,
    verdict   TEXT    NOT NULL,
    grade     TEXT    NOT NULL,
    country   TEXT    NOT NULL,
    finding   TEXT    NOT NULL,
    sketch    BLOB,
    PRIMARY KEY (survey_id, target, port)
);

CREATE INDEX records_verdict ON records (survey_id, verdict);

-- +goose Down
DROP TABLE records;
DROP TABLE surveys;
