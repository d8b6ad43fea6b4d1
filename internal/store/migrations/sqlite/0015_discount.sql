-- Discounts on what a number's grade costs once. Amounts are micro-yuan,
-- instants microseconds since 1970 in UTC.

-- +goose Up

CREATE TABLE discount (
    code         TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    english      TEXT    NOT NULL,
    from_at      INTEGER NOT NULL,
    until_at     INTEGER NOT NULL,
    plans        TEXT    NOT NULL, -- JSON
    grades       TEXT    NOT NULL, -- JSON
    percent      INTEGER NOT NULL,
    amount_micro INTEGER NOT NULL
) STRICT;
