-- What customers say they transferred by bank, and what staff found. Amounts are
-- micro-yuan, instants microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE claim (
    shard          BIGINT NOT NULL,
    id             BIGINT NOT NULL,
    customer       BIGINT NOT NULL,
    code           TEXT    NOT NULL,
    order_id       TEXT    NOT NULL, -- empty: for the balance
    at             BIGINT NOT NULL,
    payer          TEXT    NOT NULL,
    amount_micro   BIGINT NOT NULL,
    day            TEXT    NOT NULL,
    slip_type      TEXT    NOT NULL, -- empty: no slip
    slip_header    TEXT    NOT NULL, -- its key, wrapped
    slip_size      BIGINT NOT NULL,
    state          TEXT    NOT NULL,
    received_micro BIGINT NOT NULL,
    reference      TEXT    NOT NULL, -- the bank's number of the line
    proposed_by    TEXT    NOT NULL,
    decided_by     TEXT    NOT NULL,
    decided_at     BIGINT NOT NULL,
    reason         TEXT    NOT NULL,
    note           TEXT    NOT NULL,
    txn            BIGINT NOT NULL, -- that booked it; 0 before
    PRIMARY KEY (shard, id)
);
CREATE INDEX claim_id ON claim (id);
CREATE INDEX claim_state ON claim (state, id);
CREATE INDEX claim_reference ON claim (reference) WHERE reference <> '';
