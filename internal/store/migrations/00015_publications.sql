-- The surveys of which a document of the public edition was made: with which
-- least number of archives behind a cell, and in which order.

-- +goose Up
CREATE TABLE publications (
    survey_id TEXT    PRIMARY KEY REFERENCES surveys (id) ON DELETE CASCADE,
    place     INTEGER NOT NULL UNIQUE,
    min_count INTEGER NOT NULL
);

-- +goose Down
DROP TABLE publications;
