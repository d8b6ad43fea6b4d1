-- The second step of signing in: an authenticator app. Instants are microseconds
-- since 1970 in UTC with 0 for never.

-- +goose Up
ALTER TABLE person ADD COLUMN second_at BIGINT NOT NULL DEFAULT 0; -- since when it is asked for

CREATE TABLE second_factor (
    person   BIGINT NOT NULL PRIMARY KEY,
    secret   TEXT NOT NULL, -- base32
    step     BIGINT NOT NULL, -- the latest half minute since 1970 whose code was used
    epoch    BIGINT NOT NULL, -- of the person when the secret was made
    begun_at BIGINT NOT NULL,
    recovery TEXT NOT NULL -- SHA-256 of the codes left, hexadecimal, one a line
);
