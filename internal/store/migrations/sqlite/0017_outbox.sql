-- Where customers are written to, and the e-mails to them. Instants are
-- microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE contact (
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    email    TEXT    NOT NULL,
    lang     TEXT    NOT NULL,
    PRIMARY KEY (shard, customer)
) STRICT, WITHOUT ROWID;

-- id is that of the notice.
CREATE TABLE outbox (
    shard         INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    customer      INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    address       TEXT    NOT NULL,
    lang          TEXT    NOT NULL,
    body          TEXT    NOT NULL, -- the notice, JSON
    state         TEXT    NOT NULL,
    attempts      INTEGER NOT NULL,
    queued_at     INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    sent_at       INTEGER NOT NULL,
    error         TEXT    NOT NULL,
    node          INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_id ON outbox (id);
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'queued';
