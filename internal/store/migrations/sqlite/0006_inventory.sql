-- The inventory of numbers: what became of each, and the operator's table of
-- grades. Amounts are micro-yuan, instants microseconds since 1970 in UTC.

-- +goose Up

-- Those that calls may ask for: nodes load them, and not the million for sale.
CREATE INDEX number_known ON number (id) WHERE state <> 'available';

-- A row never changes. was is empty for a number that came in.
CREATE TABLE number_event (
    digits TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    was    TEXT    NOT NULL,
    state  TEXT    NOT NULL,
    why    TEXT    NOT NULL,
    PRIMARY KEY (digits, seq)
) STRICT, WITHOUT ROWID;

-- In the order of position; the first form that a number has is its grade.
CREATE TABLE grade (
    position      INTEGER NOT NULL PRIMARY KEY,
    code          TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    english       TEXT    NOT NULL,
    form          TEXT    NOT NULL,
    fee_micro     INTEGER NOT NULL,
    minimum_micro INTEGER NOT NULL
) STRICT;
