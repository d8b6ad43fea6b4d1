-- Where customers' programs are told what happened, and what became of it. Instants
-- are microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE webhook (
    shard           BIGINT NOT NULL,
    id              BIGINT NOT NULL,
    customer        BIGINT NOT NULL,
    code            TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    types           TEXT    NOT NULL, -- with spaces between
    secret          TEXT    NOT NULL,
    former          TEXT    NOT NULL, -- the secret before; empty: none
    former_until    BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    read_at         BIGINT NOT NULL,
    failing_at      BIGINT NOT NULL,
    off_at          BIGINT NOT NULL,
    PRIMARY KEY (shard, id)
);

CREATE TABLE webhook_delivery (
    shard         BIGINT NOT NULL,
    webhook       BIGINT NOT NULL,
    event         TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    at            BIGINT NOT NULL,
    state         TEXT    NOT NULL,
    attempts      BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    tried_at      BIGINT NOT NULL,
    status        BIGINT NOT NULL, -- HTTP; 0: no answer
    took          BIGINT NOT NULL, -- microseconds
    answer        TEXT    NOT NULL,
    claimed_until BIGINT NOT NULL,
    PRIMARY KEY (shard, webhook, event)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at) WHERE state = 'queued';
CREATE INDEX webhook_delivery_newest ON webhook_delivery (shard, webhook, at);
