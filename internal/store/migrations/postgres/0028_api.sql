-- Keys of customers, beside the operator's, and the answers to requests that may be
-- sent again. Instants are microseconds since 1970 in UTC.

-- +goose Up

ALTER TABLE api_key ADD COLUMN customer TEXT NOT NULL DEFAULT ''; -- its code; empty: the operator's

CREATE TABLE api_answer (
    owner         TEXT    NOT NULL, -- the key
    key           TEXT    NOT NULL, -- SHA-256 of the request's name, hexadecimal
    request       TEXT    NOT NULL, -- SHA-256, hexadecimal
    sealed        TEXT    NOT NULL, -- base64; empty: it is being made
    until_at      BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX api_answer_until ON api_answer (until_at);
