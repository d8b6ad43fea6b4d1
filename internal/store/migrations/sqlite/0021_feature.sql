-- Functions of numbers that are sold, and what those cost that were ordered with a
-- number. Amounts are micro-yuan.

-- +goose Up

CREATE TABLE feature (
    code          TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    english       TEXT NOT NULL,
    about         TEXT NOT NULL,
    about_english TEXT NOT NULL,
    answers       INTEGER NOT NULL,
    terms         TEXT NOT NULL -- JSON: what it needs, excludes, is included in; its prices
) STRICT;

ALTER TABLE subscription ADD COLUMN features_once_micro INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN features_year_micro INTEGER NOT NULL DEFAULT 0;
