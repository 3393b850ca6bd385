-- The host names of which an address is being examined: the addresses of a name
-- may be one machine, which is examined by one process at a time.

-- +goose Up
CREATE TABLE claims (
    survey_id TEXT    NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    port      INTEGER NOT NULL,
    worker    TEXT    NOT NULL,
    PRIMARY KEY (survey_id, name)
);

-- +goose Down
DROP TABLE claims;
