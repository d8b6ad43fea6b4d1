-- Payments over providers, what became of each, and refunds. Amounts are
-- micro-yuan, instants microseconds since 1970 in UTC with 0 for never.

-- +goose Up

-- due_at is when the job looks at it next.
CREATE TABLE payment (
    shard           INTEGER NOT NULL,
    id              INTEGER NOT NULL,
    customer        INTEGER NOT NULL,
    code            TEXT    NOT NULL,
    purpose         TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    amount_micro    INTEGER NOT NULL,
    link            TEXT    NOT NULL, -- SHA-256 of its key, hexadecimal
    state           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    paid_at         INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    received_micro  INTEGER NOT NULL,
    currency        TEXT    NOT NULL,
    reference       TEXT    NOT NULL, -- the provider's own number
    txn             INTEGER NOT NULL, -- that booked it; 0 before
    refunding_micro INTEGER NOT NULL,
    refunded_micro  INTEGER NOT NULL,
    events          INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_due ON payment (due_at) WHERE due_at <> 0;
CREATE INDEX payment_newest ON payment (id);

-- A row never changes.
CREATE TABLE payment_event (
    shard        INTEGER NOT NULL,
    payment      INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    amount_micro INTEGER NOT NULL,
    currency     TEXT    NOT NULL,
    reference    TEXT    NOT NULL,
    why          TEXT    NOT NULL,
    PRIMARY KEY (shard, payment, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE payment_refund (
    shard        INTEGER NOT NULL,
    payment      INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    name         TEXT    NOT NULL, -- the staff's own, once a payment
    amount_micro INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    txn          INTEGER NOT NULL,
    reference    TEXT    NOT NULL,
    why          TEXT    NOT NULL,
    PRIMARY KEY (shard, payment, id),
    UNIQUE (shard, payment, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_refund_due ON payment_refund (due_at) WHERE due_at <> 0;
