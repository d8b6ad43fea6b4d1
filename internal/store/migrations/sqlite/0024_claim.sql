-- What customers say they transferred by bank, and what staff found. Amounts are
-- micro-yuan, instants microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE claim (
    shard          INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    customer       INTEGER NOT NULL,
    code           TEXT    NOT NULL,
    order_id       TEXT    NOT NULL, -- empty: for the balance
    at             INTEGER NOT NULL,
    payer          TEXT    NOT NULL,
    amount_micro   INTEGER NOT NULL,
    day            TEXT    NOT NULL,
    slip_type      TEXT    NOT NULL, -- empty: no slip
    slip_header    TEXT    NOT NULL, -- its key, wrapped
    slip_size      INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    received_micro INTEGER NOT NULL,
    reference      TEXT    NOT NULL, -- the bank's number of the line
    proposed_by    TEXT    NOT NULL,
    decided_by     TEXT    NOT NULL,
    decided_at     INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    note           TEXT    NOT NULL,
    txn            INTEGER NOT NULL, -- that booked it; 0 before
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_id ON claim (id);
CREATE INDEX claim_state ON claim (state, id);
CREATE INDEX claim_reference ON claim (reference) WHERE reference <> '';
