-- What customers were reminded of, and the mobiles that they are written to at.
-- Instants are microseconds since 1970 in UTC with 0 for never.

-- +goose Up

ALTER TABLE number_order ADD COLUMN reminded_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE term ADD COLUMN told_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN phone TEXT NOT NULL DEFAULT '';
