-- How far an import has come: while its one row is there, the database is not
-- whole and must not be served.

-- +goose Up
CREATE TABLE import_progress (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    source    TEXT    NOT NULL,
    row_count INTEGER NOT NULL
) STRICT;
