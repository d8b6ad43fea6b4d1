-- Where customers are written to, and the e-mails to them. Instants are
-- microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE contact (
    shard    bigint  NOT NULL,
    customer bigint  NOT NULL,
    email    text    NOT NULL,
    lang     text    NOT NULL,
    PRIMARY KEY (shard, customer)
);

-- id is that of the notice.
CREATE TABLE outbox (
    shard         bigint  NOT NULL,
    id            bigint  NOT NULL,
    customer      bigint  NOT NULL,
    at            bigint  NOT NULL,
    address       text    NOT NULL,
    lang          text    NOT NULL,
    body          text    NOT NULL, -- the notice, JSON
    state         text    NOT NULL,
    attempts      bigint  NOT NULL,
    queued_at     bigint  NOT NULL,
    next_at       bigint  NOT NULL,
    sent_at       bigint  NOT NULL,
    error         text    NOT NULL,
    node          bigint  NOT NULL,
    claimed_until bigint  NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX outbox_id ON outbox (id);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'queued';
