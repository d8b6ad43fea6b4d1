-- Payments over providers, what became of each, and refunds. Amounts are
-- micro-yuan, instants microseconds since 1970 in UTC with 0 for never.

-- +goose Up

-- due_at is when the job looks at it next.
CREATE TABLE payment (
    shard           bigint  NOT NULL,
    id              bigint  NOT NULL,
    customer        bigint  NOT NULL,
    code            text    NOT NULL,
    purpose         text    NOT NULL,
    provider        text    NOT NULL,
    amount_micro    bigint  NOT NULL,
    link            text    NOT NULL, -- SHA-256 of its key, hexadecimal
    state           text    NOT NULL,
    created_at      bigint  NOT NULL,
    expires_at      bigint  NOT NULL,
    paid_at         bigint  NOT NULL,
    due_at          bigint  NOT NULL,
    received_micro  bigint  NOT NULL,
    currency        text    NOT NULL,
    reference       text    NOT NULL, -- the provider's own number
    txn             bigint  NOT NULL, -- that booked it; 0 before
    refunding_micro bigint  NOT NULL,
    refunded_micro  bigint  NOT NULL,
    events          bigint  NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX payment_due ON payment (due_at) WHERE due_at <> 0;
CREATE INDEX payment_newest ON payment (id);

-- A row never changes.
CREATE TABLE payment_event (
    shard        bigint  NOT NULL,
    payment      bigint  NOT NULL,
    seq          bigint  NOT NULL,
    at           bigint  NOT NULL,
    kind         text    NOT NULL,
    state        text    NOT NULL,
    amount_micro bigint  NOT NULL,
    currency     text    NOT NULL,
    reference    text    NOT NULL,
    why          text    NOT NULL,
    PRIMARY KEY (shard, payment, seq)
);

CREATE TABLE payment_refund (
    shard        bigint  NOT NULL,
    payment      bigint  NOT NULL,
    id           bigint  NOT NULL,
    name         text COLLATE "C" NOT NULL, -- the staff's own, once a payment
    amount_micro bigint  NOT NULL,
    state        text    NOT NULL,
    created_at   bigint  NOT NULL,
    due_at       bigint  NOT NULL,
    txn          bigint  NOT NULL,
    reference    text    NOT NULL,
    why          text    NOT NULL,
    PRIMARY KEY (shard, payment, id),
    UNIQUE (shard, payment, name)
);
CREATE INDEX payment_refund_due ON payment_refund (due_at) WHERE due_at <> 0;
