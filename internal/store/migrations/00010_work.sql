-- The work on a survey that has not finished, which goes with its end: what is
-- to be looked at, what was found and not examined yet, who works on it. The
-- jobs themselves are in the tables of River (river_job and others), which it
-- makes.

-- +goose Up
-- How far each part of the sweep is: JSON, the type Sweep of package survey.
CREATE TABLE sweeps (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    part      INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (survey_id, part)
);

-- Hosts that are to be tried whatever a sweep finds: JSON, the type Candidate.
CREATE TABLE candidates (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    target    TEXT    NOT NULL,
    port      INTEGER NOT NULL,
    part      INTEGER NOT NULL,
    candidate TEXT    NOT NULL,
    PRIMARY KEY (survey_id, target, port)
);

CREATE INDEX candidates_part ON candidates (survey_id, part);

-- Hosts of which something is known and that are to be examined: JSON, the type
-- Found of package survey. Each has a job. again: it is to be asked again first,
-- because the survey has rested since.
CREATE TABLE found (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    target    TEXT    NOT NULL,
    port      INTEGER NOT NULL,
    found     TEXT    NOT NULL,
    again     BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (survey_id, target, port)
);

-- The processes that work on a survey. beats counts up; by how many the process
-- divides the rates of the scope, 0 before it has begun.
CREATE TABLE workers (
    id        TEXT    NOT NULL PRIMARY KEY,
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    beats     BIGINT  NOT NULL,
    divisor   INTEGER NOT NULL,
    seen_at   TEXT    NOT NULL
);

CREATE INDEX workers_survey ON workers (survey_id);

-- The process that leads a survey, and the key of its sketches while it is
-- under way.
ALTER TABLE runs ADD COLUMN leader TEXT;
ALTER TABLE runs ADD COLUMN sketch_key BLOB;

-- +goose Down
ALTER TABLE runs DROP COLUMN sketch_key;
ALTER TABLE runs DROP COLUMN leader;
DROP TABLE workers;
DROP TABLE found;
DROP TABLE candidates;
DROP TABLE sweeps;
