-- Keys that people sign in with in place of passwords. Instants are microseconds since
-- 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE passkey (
    id       TEXT    NOT NULL PRIMARY KEY, -- of the credential, base64url
    person   INTEGER NOT NULL,
    side     TEXT    NOT NULL, -- console or office
    name     TEXT    NOT NULL,
    data     TEXT    NOT NULL, -- the credential as JSON: public half, flags, count
    added_at INTEGER NOT NULL,
    used_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_person ON passkey (person, side);
