-- Prices of plans from days on, and whose day's prices a subscription has:
-- microseconds since 1970 in UTC, 0 for that of its beginning.

-- +goose Up

ALTER TABLE plan ADD COLUMN versions TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE subscription ADD COLUMN priced_at INTEGER NOT NULL DEFAULT 0;
