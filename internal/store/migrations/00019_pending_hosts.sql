-- The hosts that wait for their examination get the name of what they are. stale:
-- the survey was interrupted since the host was found, so the host is identified
-- again before it is examined.

-- +goose Up
ALTER TABLE found RENAME TO pending_hosts;
ALTER TABLE pending_hosts RENAME COLUMN again TO stale;

-- +goose Down
ALTER TABLE pending_hosts RENAME COLUMN stale TO again;
ALTER TABLE pending_hosts RENAME TO found;
