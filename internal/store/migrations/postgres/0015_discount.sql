-- Discounts on what a number's grade costs once. Amounts are micro-yuan,
-- instants microseconds since 1970 in UTC.

-- +goose Up

CREATE TABLE discount (
    code         text COLLATE "C" NOT NULL PRIMARY KEY,
    name         text    NOT NULL,
    english      text    NOT NULL,
    from_at      bigint  NOT NULL,
    until_at     bigint  NOT NULL,
    plans        text    NOT NULL, -- JSON
    grades       text    NOT NULL, -- JSON
    percent      bigint  NOT NULL,
    amount_micro bigint  NOT NULL
);
