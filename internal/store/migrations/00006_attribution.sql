-- Where the owners of a survey's archives come from, and what registries said
-- of addresses.

-- +goose Up
-- A JSON array of survey.Source; '' for none.
ALTER TABLE surveys ADD COLUMN sources TEXT NOT NULL DEFAULT '';

-- What the registry of an address said, until it expires; one row an address,
-- over all surveys.
CREATE TABLE registrations (
    address      TEXT NOT NULL PRIMARY KEY,
    email        TEXT NOT NULL,
    organisation TEXT NOT NULL,
    country      TEXT NOT NULL,
    handle       TEXT NOT NULL,
    registry     TEXT NOT NULL,
    asked_at     TEXT NOT NULL,
    expires_at   TEXT NOT NULL
);

-- +goose Down
DROP TABLE registrations;
ALTER TABLE surveys DROP COLUMN sources;
