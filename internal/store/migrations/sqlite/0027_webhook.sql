-- Where customers' programs are told what happened, and what became of it. Instants
-- are microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE webhook (
    shard           INTEGER NOT NULL,
    id              INTEGER NOT NULL,
    customer        INTEGER NOT NULL,
    code            TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    types           TEXT    NOT NULL, -- with spaces between
    secret          TEXT    NOT NULL,
    former          TEXT    NOT NULL, -- the secret before; empty: none
    former_until    INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    read_at         INTEGER NOT NULL,
    failing_at      INTEGER NOT NULL,
    off_at          INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_delivery (
    shard         INTEGER NOT NULL,
    webhook       INTEGER NOT NULL,
    event         TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    attempts      INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    tried_at      INTEGER NOT NULL,
    status        INTEGER NOT NULL, -- HTTP; 0: no answer
    took          INTEGER NOT NULL, -- microseconds
    answer        TEXT    NOT NULL,
    claimed_until INTEGER NOT NULL,
    PRIMARY KEY (shard, webhook, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'queued';
CREATE INDEX webhook_delivery_newest ON webhook_delivery (shard, webhook, at);
