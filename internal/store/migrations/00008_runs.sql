-- What the processes of a survey say to each other: when the survey was last
-- seen at work, and that it was cancelled.

-- +goose Up
CREATE TABLE runs (
    survey_id    TEXT NOT NULL PRIMARY KEY REFERENCES surveys (id) ON DELETE CASCADE,
    seen_at      TEXT,
    cancelled_at TEXT
);

-- +goose Down
DROP TABLE runs;
