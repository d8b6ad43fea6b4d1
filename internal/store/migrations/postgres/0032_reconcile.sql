-- What came of comparing the bills of payment providers with the books. Amounts are
-- micro-yuan, instants microseconds since 1970 in UTC with 0 for never.

-- +goose Up

CREATE TABLE reconciliation (
    provider     TEXT    NOT NULL,
    day          TEXT    NOT NULL, -- 2026-11-24
    at           BIGINT NOT NULL,
    lines        BIGINT NOT NULL,
    same         BIGINT NOT NULL,
    theirs_micro BIGINT NOT NULL,
    ours_micro   BIGINT NOT NULL,
    PRIMARY KEY (provider, day)
);

CREATE TABLE reconciliation_difference (
    provider     TEXT    NOT NULL,
    day          TEXT    NOT NULL,
    seq          BIGINT NOT NULL,
    kind         TEXT    NOT NULL,
    number       TEXT    NOT NULL, -- the merchant's, of the payment
    back         TEXT    NOT NULL, -- of the refund; empty: it is about the payment
    customer     TEXT    NOT NULL, -- code; empty: not known
    theirs_micro BIGINT NOT NULL,
    ours_micro   BIGINT NOT NULL,
    reference    TEXT    NOT NULL,
    settled_at   BIGINT NOT NULL,
    settled_by   TEXT    NOT NULL,
    why          TEXT    NOT NULL,
    PRIMARY KEY (provider, day, seq)
);

CREATE INDEX payment_paid ON payment (provider, paid_at);
CREATE INDEX payment_refund_created ON payment_refund (created_at);
