-- What bounds a survey beside the text of its scope. It stays with the survey: the
-- next one of a series begins with the same exclusions.

-- +goose Up
-- exclusions: as package scope writes them. pins: JSON, a list of the type Pin of
-- package survey. titles: JSON, a list of called AE titles. seal: the leader's
-- signature of these, the scope and the survey's ID, '' for none.
CREATE TABLE mandates (
    survey_id  TEXT NOT NULL PRIMARY KEY REFERENCES surveys (id) ON DELETE CASCADE,
    exclusions BLOB NOT NULL,
    pins       TEXT NOT NULL,
    titles     TEXT NOT NULL,
    seal       TEXT NOT NULL
);

-- Exclusions that workers have had beside those, which hold as well; digest tells
-- them apart.
CREATE TABLE more_exclusions (
    survey_id  TEXT NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    digest     TEXT NOT NULL,
    exclusions BLOB NOT NULL,
    PRIMARY KEY (survey_id, digest)
);

-- +goose Down
DROP TABLE more_exclusions;
DROP TABLE mandates;
