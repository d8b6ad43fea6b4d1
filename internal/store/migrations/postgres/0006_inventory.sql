-- The inventory of numbers: what became of each, and the operator's table of
-- grades. Amounts are micro-yuan, instants microseconds since 1970 in UTC.

-- +goose Up

-- Those that calls may ask for: nodes load them, and not the million for sale.
CREATE INDEX number_known ON number (id) WHERE state <> 'available';

-- A row never changes. was is empty for a number that came in.
CREATE TABLE number_event (
    digits text COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    at     bigint NOT NULL,
    was    text   NOT NULL,
    state  text   NOT NULL,
    why    text   NOT NULL,
    PRIMARY KEY (digits, seq)
);

-- In the order of position; the first form that a number has is its grade.
CREATE TABLE grade (
    position      bigint NOT NULL PRIMARY KEY,
    code          text COLLATE "C" NOT NULL UNIQUE,
    name          text   NOT NULL,
    english       text   NOT NULL,
    form          text   NOT NULL,
    fee_micro     bigint NOT NULL,
    minimum_micro bigint NOT NULL
);
