-- The keys by which other programs use the API. Instants are microseconds since
-- 1970 in UTC, 0 for "never".

-- +goose Up
CREATE TABLE api_key (
    id           bigint  NOT NULL PRIMARY KEY,
    client       text    NOT NULL,
    name         text    NOT NULL,
    hash         text COLLATE "C" NOT NULL UNIQUE, -- SHA-256 of the secret, hexadecimal
    scopes       text    NOT NULL, -- ["charge", "read"]
    created_at   bigint  NOT NULL,
    last_used_at bigint  NOT NULL, -- to about an hour
    revoked_at   bigint  NOT NULL
);
