-- Who was told what, and when. Systems are named by the keys of their records;
-- what was found there stands in the records alone.

-- +goose Up
CREATE TABLE disclosures (
    id        TEXT NOT NULL PRIMARY KEY,
    survey_id TEXT NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    email     TEXT NOT NULL,
    channel   TEXT NOT NULL,
    language  TEXT NOT NULL,
    tlp       TEXT NOT NULL,
    method    TEXT NOT NULL CHECK (method IN ('openpgp', 'age')),
    -- Separated by spaces.
    key_names TEXT NOT NULL,
    signed_by TEXT NOT NULL,
    file      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    answer_by TEXT NOT NULL
);

CREATE INDEX disclosures_survey ON disclosures (survey_id, recipient);

CREATE TABLE disclosure_events (
    disclosure_id TEXT    NOT NULL REFERENCES disclosures (id) ON DELETE CASCADE,
    number        INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('prepared', 'sent', 'acknowledged')),
    at            TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    PRIMARY KEY (disclosure_id, number)
);

CREATE TABLE disclosure_systems (
    disclosure_id TEXT    NOT NULL REFERENCES disclosures (id) ON DELETE CASCADE,
    survey_id     TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    port          INTEGER NOT NULL,
    PRIMARY KEY (disclosure_id, target, port),
    FOREIGN KEY (survey_id, target, port) REFERENCES records (survey_id, target, port) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE disclosure_systems;
DROP TABLE disclosure_events;
DROP TABLE disclosures;
