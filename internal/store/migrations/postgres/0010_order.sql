-- Orders of numbers, what became of each, their contracts, and the least first
-- top-ups. Amounts are micro-yuan, instants microseconds since 1970 in UTC with
-- 0 for never.

-- +goose Up

-- How an order sold the number; order_id is 0 for one that none sold.
ALTER TABLE subscription ADD COLUMN order_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE subscription ADD COLUMN grade_fee_micro BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN grade_minimum_micro BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN once_micro BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN term_micro BIGINT NOT NULL DEFAULT 0;

-- The least first top-up of a segment: an amount, or a number of monthly
-- minimums.
CREATE TABLE floor (
    prefix       TEXT    NOT NULL PRIMARY KEY,
    amount_micro BIGINT NOT NULL,
    minimums     BIGINT NOT NULL
);

-- due_at is when the job looks at it next.
CREATE TABLE number_order (
    shard        BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    customer     BIGINT NOT NULL,
    code         TEXT    NOT NULL,
    account      BIGINT NOT NULL,
    company      TEXT    NOT NULL,
    handler      TEXT    NOT NULL, -- JSON
    phone        TEXT    NOT NULL, -- the handler's
    link         TEXT    NOT NULL, -- SHA-256 of its key, hexadecimal
    state        TEXT    NOT NULL,
    items        TEXT    NOT NULL, -- JSON
    created_at   BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    documents_by BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    one_time     TEXT    NOT NULL, -- JSON
    signature    TEXT    NOT NULL, -- JSON
    payment      BIGINT NOT NULL,
    txn          BIGINT NOT NULL, -- that took the fees; 0 before
    returned     BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    events       BIGINT NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX number_order_due ON number_order (due_at) WHERE due_at <> 0;
CREATE INDEX number_order_newest ON number_order (id);
CREATE INDEX number_order_waiting ON number_order (phone) WHERE state IN ('locked', 'signed');

-- A row never changes.
CREATE TABLE number_order_event (
    shard    BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    why      TEXT    NOT NULL,
    PRIMARY KEY (shard, order_id, seq)
);

-- Contracts as they were shown and as they were signed. A row never changes.
CREATE TABLE contract (
    shard    BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    signed   BIGINT NOT NULL,
    hash     TEXT    NOT NULL, -- SHA-256 of the PDF, hexadecimal
    pdf      TEXT    NOT NULL, -- in base64
    PRIMARY KEY (shard, order_id, signed)
);
CREATE INDEX contract_hash ON contract (hash);
