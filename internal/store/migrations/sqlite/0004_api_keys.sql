-- The keys by which other programs use the API. Instants are microseconds since
-- 1970 in UTC, 0 for "never".

-- +goose Up
CREATE TABLE api_key (
    id           INTEGER NOT NULL PRIMARY KEY,
    client       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    hash         TEXT    NOT NULL UNIQUE, -- SHA-256 of the secret, hexadecimal
    scopes       TEXT    NOT NULL, -- ["charge", "read"]
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL, -- to about an hour
    revoked_at   INTEGER NOT NULL
) STRICT;
