-- Numbers that visitors gather before they order. Instants are microseconds since
-- 1970 in UTC.

-- +goose Up

CREATE TABLE cart (
    name     text COLLATE "C" NOT NULL PRIMARY KEY, -- SHA-256 of its key, hexadecimal
    numbers  text NOT NULL,
    until_at bigint NOT NULL
);
CREATE INDEX cart_until ON cart (until_at);
