-- Money: accounts and their buckets, open holds, the ledger, and CDRs.
-- Every key starts with the shard. Amounts are micro-yuan, instants
-- microseconds since 1970 in UTC with 0 for "never", lengths microseconds.

-- Here ids come before the shard, or the shard is left out: ids are unique and
-- grow with time, so new rows share the last pages of their tables instead of
-- lying on as many as there are shards.

-- +goose Up
CREATE TABLE account (
    shard     INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket (
    shard      INTEGER NOT NULL,
    account    INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    balance    INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    extension  INTEGER NOT NULL, -- whose sub-wallet it is; 0 for nobody's
    overdraft  INTEGER NOT NULL, -- how far calls were let run below zero
    PRIMARY KEY (shard, account, id),
    CHECK (held >= 0 AND overdraft >= 0 AND balance - held >= -overdraft)
) STRICT, WITHOUT ROWID;

-- month is such as 202603, 0 before the first call; before_ is the month that
-- had calls before it.
CREATE TABLE usage (
    shard        INTEGER NOT NULL,
    account      INTEGER NOT NULL,
    subscription INTEGER NOT NULL,
    in_use       INTEGER NOT NULL,
    month        INTEGER NOT NULL,
    calls        INTEGER NOT NULL,
    spent        INTEGER NOT NULL,
    held         INTEGER NOT NULL,
    before_month INTEGER NOT NULL,
    before_calls INTEGER NOT NULL,
    before_spent INTEGER NOT NULL,
    before_held  INTEGER NOT NULL,
    PRIMARY KEY (shard, account, subscription),
    CHECK (in_use >= 0)
) STRICT, WITHOUT ROWID;

-- parts:  [[bucket, amount], …]
-- grants: [[granted, extend_at, final], …], the answers given, in order
CREATE TABLE hold (
    shard            INTEGER NOT NULL,
    id               INTEGER NOT NULL,
    account          INTEGER NOT NULL,
    subscription     INTEGER NOT NULL,
    tariff           INTEGER NOT NULL,
    node             INTEGER NOT NULL,
    parts            TEXT    NOT NULL,
    grants           TEXT    NOT NULL,
    opened_at        INTEGER NOT NULL,
    lease_until      INTEGER NOT NULL,
    elapsed          INTEGER NOT NULL,
    meter_started_at INTEGER NOT NULL,
    bill             TEXT    NOT NULL,
    draft            TEXT    NOT NULL,
    PRIMARY KEY (id, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE txn (
    shard    INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    call     INTEGER NOT NULL, -- 0 when it is of no call
    reverses INTEGER NOT NULL, -- 0 when it mends no other
    at       INTEGER NOT NULL,
    PRIMARY KEY (id, shard)
) STRICT, WITHOUT ROWID;
-- Of a call the CDR's key says that it is charged once.
CREATE UNIQUE INDEX txn_key ON txn (shard, key) WHERE call = 0;

-- An entry stands on a customer's bucket (account, bucket) or on one of the
-- operator's books (book); the other is 0 or empty.
CREATE TABLE entry (
    shard   INTEGER NOT NULL,
    txn     INTEGER NOT NULL,
    leg     INTEGER NOT NULL,
    account INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    book    TEXT    NOT NULL,
    unit    TEXT    NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (txn, leg, shard),
    CHECK (amount <> 0),
    CHECK ((account <> 0 AND bucket <> 0) <> (book <> ''))
) STRICT, WITHOUT ROWID;

-- The shard of a receipt is that of the payment's reference, so that a
-- payment counts once, whoever it is credited to.
CREATE TABLE receipt (
    shard         INTEGER NOT NULL,
    channel       TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    account_shard INTEGER NOT NULL,
    account       INTEGER NOT NULL,
    bucket        TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    amount        INTEGER NOT NULL, -- in the unit
    extension     INTEGER NOT NULL, -- whose sub-wallet; 0 for nobody's
    txn           INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    PRIMARY KEY (shard, channel, reference)
) STRICT, WITHOUT ROWID;

-- Rows are long, so this table keeps its rowid.
CREATE TABLE cdr (
    shard                INTEGER NOT NULL,
    id                   INTEGER NOT NULL PRIMARY KEY,
    node                 INTEGER NOT NULL,
    trunk                TEXT    NOT NULL,
    number               TEXT    NOT NULL,
    caller               TEXT    NOT NULL,
    caller_raw           TEXT    NOT NULL,
    sip_call_id          TEXT    NOT NULL,
    customer             INTEGER NOT NULL,
    account              INTEGER NOT NULL,
    subscription         INTEGER NOT NULL,
    tariff               INTEGER NOT NULL,
    started_at           INTEGER NOT NULL,
    ringing_at           INTEGER NOT NULL,
    answered_at          INTEGER NOT NULL,
    platform_answered_at INTEGER NOT NULL,
    ended_at             INTEGER NOT NULL,
    talk                 INTEGER NOT NULL,
    billable             INTEGER NOT NULL,
    charge_micro         INTEGER NOT NULL,
    cause                TEXT    NOT NULL,
    status               INTEGER NOT NULL,
    ended_by             TEXT    NOT NULL,
    recovered            INTEGER NOT NULL,
    reserved_micro       INTEGER NOT NULL,
    reserved_seconds     INTEGER NOT NULL,
    grants               TEXT    NOT NULL,
    txn                  INTEGER NOT NULL, -- 0 when it cost nothing
    lines                TEXT    NOT NULL,
    legs                 TEXT    NOT NULL,
    steps                TEXT    NOT NULL,
    CHECK (charge_micro >= 0 AND charge_micro <= reserved_micro)
) STRICT;

CREATE INDEX cdr_customer ON cdr (customer, started_at);
CREATE INDEX cdr_started ON cdr (started_at);
