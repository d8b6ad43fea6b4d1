-- Numbers that visitors gather before they order. Instants are microseconds since
-- 1970 in UTC.

-- +goose Up

CREATE TABLE cart (
    name     TEXT NOT NULL PRIMARY KEY, -- SHA-256 of its key, hexadecimal
    numbers  TEXT NOT NULL,
    until_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cart_until ON cart (until_at);
