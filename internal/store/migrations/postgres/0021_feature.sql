-- Functions of numbers that are sold, and what those cost that were ordered with a
-- number. Amounts are micro-yuan.

-- +goose Up

CREATE TABLE feature (
    code          text COLLATE "C" NOT NULL PRIMARY KEY,
    name          text NOT NULL,
    english       text NOT NULL,
    about         text NOT NULL,
    about_english text NOT NULL,
    answers       bigint NOT NULL,
    terms         text NOT NULL -- JSON: what it needs, excludes, is included in; its prices
);

ALTER TABLE subscription ADD COLUMN features_once_micro bigint NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN features_year_micro bigint NOT NULL DEFAULT 0;
