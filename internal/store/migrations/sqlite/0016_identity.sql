-- The people who use the pages, what each may do, and what they did. Instants are
-- microseconds since 1970 in UTC.

-- +goose Up
CREATE TABLE person (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    login      TEXT    NOT NULL UNIQUE, -- an e-mail address or a mobile
    password   TEXT    NOT NULL, -- argon2id; empty before one is set
    staff      TEXT    NOT NULL, -- role of the operator's people; empty for others
    disabled   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    epoch      INTEGER NOT NULL
) STRICT;

CREATE TABLE membership (
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    person   INTEGER NOT NULL,
    role     TEXT    NOT NULL,
    PRIMARY KEY (shard, customer, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_person ON membership (person);

-- Invitations that nobody used yet.
CREATE TABLE sign_in_link (
    hash     TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of its key, hexadecimal
    person   INTEGER NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_session (
    token    TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie, hexadecimal
    data     TEXT    NOT NULL, -- in base64
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_until ON web_session (until_at);

-- Tries that failed, against a login or from an address.
CREATE TABLE attempt (
    subject TEXT    NOT NULL PRIMARY KEY,
    tries   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people did, and looked at. A row never changes.
CREATE TABLE trace (
    id       INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    person   INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    customer INTEGER NOT NULL,
    action   TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    detail   TEXT    NOT NULL
) STRICT;
CREATE INDEX trace_customer ON trace (customer, id);
CREATE INDEX trace_person ON trace (person, id);
