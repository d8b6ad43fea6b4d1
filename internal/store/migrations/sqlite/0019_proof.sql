-- Sign-in by one-time codes, and who proved that a sign-in name is theirs. Instants
-- are microseconds since 1970 in UTC with 0 for never.

-- +goose Up
ALTER TABLE person ADD COLUMN proven_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sign_in_link ADD COLUMN sent INTEGER NOT NULL DEFAULT 0; -- to the login

CREATE TABLE sign_in_code (
    login    TEXT    NOT NULL PRIMARY KEY,
    hash     TEXT    NOT NULL, -- SHA-256 of the code and the login, hexadecimal
    until_at INTEGER NOT NULL,
    sent_at  INTEGER NOT NULL,
    tries    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_code_sent ON sign_in_code (sent_at);
