-- Keys that people sign in with in place of passwords. Instants are microseconds since
-- 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE passkey (
    id       TEXT    NOT NULL PRIMARY KEY, -- of the credential, base64url
    person   BIGINT NOT NULL,
    side     TEXT    NOT NULL, -- console or office
    name     TEXT    NOT NULL,
    data     TEXT    NOT NULL, -- the credential as JSON: public half, flags, count
    added_at BIGINT NOT NULL,
    used_at  BIGINT NOT NULL
);
CREATE INDEX passkey_person ON passkey (person, side);
