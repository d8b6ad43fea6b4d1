-- Conversations of visitors with staff. Instants are microseconds since 1970 in
-- UTC with 0 for never.

-- +goose Up

CREATE TABLE chat (
    id         INTEGER NOT NULL PRIMARY KEY,
    key        TEXT    NOT NULL, -- SHA-256 of the visitor's key, hexadecimal
    origin     TEXT    NOT NULL, -- truncated hash of the visitor's address
    lang       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    contact    TEXT    NOT NULL,
    offline    INTEGER NOT NULL, -- 1 when it began as a message that was left
    created_at INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    messages   INTEGER NOT NULL,
    waiting    INTEGER NOT NULL, -- 1 when the last message is the visitor's
    closed_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX chat_created ON chat (created_at);
CREATE INDEX chat_waiting ON chat (last_at) WHERE waiting <> 0;
CREATE INDEX chat_answered ON chat (last_at) WHERE waiting = 0;

-- A row never changes.
CREATE TABLE chat_message (
    chat  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    staff TEXT    NOT NULL, -- empty for the visitor
    token TEXT    NOT NULL, -- of the form that sent it
    said  TEXT    NOT NULL,
    PRIMARY KEY (chat, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_presence (
    name     TEXT    NOT NULL PRIMARY KEY,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_canned (
    name TEXT NOT NULL PRIMARY KEY,
    said TEXT NOT NULL
) STRICT, WITHOUT ROWID;
