-- What checks say of themselves and not of an archive: title, severity, remedy
-- and references. It is the same in many findings and half of their size, so it
-- is kept once. Findings stored before hold it themselves.

-- +goose Up
CREATE TABLE check_texts (
    id    TEXT NOT NULL PRIMARY KEY,
    texts TEXT NOT NULL
);

-- +goose Down
DROP TABLE check_texts;
