-- How far an import has come: while its one row is there, the database is not
-- whole and must not be served.

-- +goose Up
CREATE TABLE import_progress (
    id        bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    source    text   NOT NULL,
    row_count bigint NOT NULL
);
