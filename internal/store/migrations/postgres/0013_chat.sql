-- Conversations of visitors with staff. Instants are microseconds since 1970 in
-- UTC with 0 for never.

-- +goose Up

CREATE TABLE chat (
    id         bigint  NOT NULL PRIMARY KEY,
    key        text    NOT NULL, -- SHA-256 of the visitor's key, hexadecimal
    origin     text    NOT NULL, -- truncated hash of the visitor's address
    lang       text    NOT NULL,
    name       text    NOT NULL,
    contact    text    NOT NULL,
    offline    bigint  NOT NULL, -- 1 when it began as a message that was left
    created_at bigint  NOT NULL,
    last_at    bigint  NOT NULL,
    messages   bigint  NOT NULL,
    waiting    bigint  NOT NULL, -- 1 when the last message is the visitor's
    closed_at  bigint  NOT NULL
);
CREATE INDEX chat_created ON chat (created_at);
CREATE INDEX chat_waiting ON chat (last_at) WHERE waiting <> 0;
CREATE INDEX chat_answered ON chat (last_at) WHERE waiting = 0;

-- A row never changes.
CREATE TABLE chat_message (
    chat  bigint  NOT NULL,
    seq   bigint  NOT NULL,
    at    bigint  NOT NULL,
    staff text    NOT NULL, -- empty for the visitor
    token text    NOT NULL, -- of the form that sent it
    said  text    NOT NULL,
    PRIMARY KEY (chat, seq)
);

CREATE TABLE chat_presence (
    name     text COLLATE "C" NOT NULL PRIMARY KEY,
    until_at bigint  NOT NULL
);

CREATE TABLE chat_canned (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    said text NOT NULL
);
