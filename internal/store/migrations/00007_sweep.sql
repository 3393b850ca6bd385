-- How the prefixes of a scope were swept and how far: JSON, the type Sweep of
-- package survey. Numbers of migrations need not follow one another.

-- +goose Up
ALTER TABLE surveys ADD COLUMN sweep TEXT;

-- +goose Down
ALTER TABLE surveys DROP COLUMN sweep;
