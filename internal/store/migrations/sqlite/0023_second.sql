-- The second step of signing in: an authenticator app. Instants are microseconds
-- since 1970 in UTC with 0 for never.

-- +goose Up
ALTER TABLE person ADD COLUMN second_at INTEGER NOT NULL DEFAULT 0; -- since when it is asked for

CREATE TABLE second_factor (
    person   INTEGER NOT NULL PRIMARY KEY,
    secret   TEXT NOT NULL, -- base32
    step     INTEGER NOT NULL, -- the latest half minute since 1970 whose code was used
    epoch    INTEGER NOT NULL, -- of the person when the secret was made
    begun_at INTEGER NOT NULL,
    recovery TEXT NOT NULL -- SHA-256 of the codes left, hexadecimal, one a line
) STRICT;
