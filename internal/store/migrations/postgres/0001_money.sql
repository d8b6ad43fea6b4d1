-- Money: accounts and their buckets, open holds, the ledger, and CDRs.
-- Every key starts with the shard. Amounts are micro-yuan, instants
-- microseconds since 1970 in UTC with 0 for "never", lengths microseconds.
-- Text in keys is compared byte by byte (COLLATE "C"), so that no update of the
-- system's collations can spoil an index. Rows that change with every call
-- leave room on their pages, so that an update touches no index.

-- +goose Up
CREATE TABLE account (
    shard     bigint NOT NULL,
    id        bigint NOT NULL,
    state     text   NOT NULL,
    opened_at bigint NOT NULL,
    PRIMARY KEY (shard, id)
);

CREATE TABLE bucket (
    shard      bigint NOT NULL,
    account    bigint NOT NULL,
    id         bigint NOT NULL,
    kind       text   NOT NULL,
    unit       text   NOT NULL,
    balance    bigint NOT NULL,
    held       bigint NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    extension  bigint NOT NULL, -- whose sub-wallet it is; 0 for nobody's
    overdraft  bigint NOT NULL, -- how far calls were let run below zero
    PRIMARY KEY (shard, account, id),
    CHECK (held >= 0 AND overdraft >= 0 AND balance - held >= -overdraft)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- month is such as 202603, 0 before the first call; before_ is the month that
-- had calls before it.
CREATE TABLE usage (
    shard        bigint NOT NULL,
    account      bigint NOT NULL,
    subscription bigint NOT NULL,
    in_use       bigint NOT NULL,
    month        bigint NOT NULL,
    calls        bigint NOT NULL,
    spent        bigint NOT NULL,
    held         bigint NOT NULL,
    before_month bigint NOT NULL,
    before_calls bigint NOT NULL,
    before_spent bigint NOT NULL,
    before_held  bigint NOT NULL,
    PRIMARY KEY (shard, account, subscription),
    CHECK (in_use >= 0)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- parts:  [[bucket, amount], …]
-- grants: [[granted, extend_at, final], …], the answers given, in order
CREATE TABLE hold (
    shard            bigint NOT NULL,
    id               bigint NOT NULL,
    account          bigint NOT NULL,
    subscription     bigint NOT NULL,
    tariff           bigint NOT NULL,
    node             bigint NOT NULL,
    parts            text   NOT NULL,
    grants           text   NOT NULL,
    opened_at        bigint NOT NULL,
    lease_until      bigint NOT NULL,
    elapsed          bigint NOT NULL,
    meter_started_at bigint NOT NULL,
    bill             text   NOT NULL,
    draft            text   NOT NULL,
    PRIMARY KEY (shard, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE txn (
    shard    bigint NOT NULL,
    id       bigint NOT NULL,
    key      text COLLATE "C" NOT NULL,
    kind     text   NOT NULL,
    call     bigint NOT NULL, -- 0 when it is of no call
    reverses bigint NOT NULL, -- 0 when it mends no other
    at       bigint NOT NULL,
    PRIMARY KEY (shard, id)
);
-- Of a call the CDR's key says that it is charged once.
CREATE UNIQUE INDEX txn_key ON txn (shard, key) WHERE call = 0;

-- Entries and CDRs lie in a part for each month, by the time in their ids; the
-- program makes the parts ahead. What no part is for goes to the rest.

-- An entry stands on a customer's bucket (account, bucket) or on one of the
-- operator's books (book); the other is 0 or empty.
CREATE TABLE entry (
    shard   bigint NOT NULL,
    txn     bigint NOT NULL,
    leg     bigint NOT NULL,
    account bigint NOT NULL,
    bucket  bigint NOT NULL,
    book    text   NOT NULL,
    unit    text   NOT NULL,
    amount  bigint NOT NULL,
    PRIMARY KEY (shard, txn, leg),
    CHECK (amount <> 0),
    CHECK ((account <> 0 AND bucket <> 0) <> (book <> ''))
) PARTITION BY RANGE (txn);
CREATE TABLE entry_rest PARTITION OF entry DEFAULT;

-- The shard of a receipt is that of the payment's reference, so that a
-- payment counts once, whoever it is credited to.
CREATE TABLE receipt (
    shard         bigint NOT NULL,
    channel       text COLLATE "C" NOT NULL,
    reference     text COLLATE "C" NOT NULL,
    account_shard bigint NOT NULL,
    account       bigint NOT NULL,
    bucket        text   NOT NULL,
    unit          text   NOT NULL,
    amount        bigint NOT NULL, -- in the unit
    extension     bigint NOT NULL, -- whose sub-wallet; 0 for nobody's
    txn           bigint NOT NULL,
    at            bigint NOT NULL,
    PRIMARY KEY (shard, channel, reference)
);

CREATE TABLE cdr (
    shard                bigint NOT NULL,
    id                   bigint NOT NULL,
    node                 bigint NOT NULL,
    trunk                text   NOT NULL,
    number               text   NOT NULL,
    caller               text   NOT NULL,
    caller_raw           text   NOT NULL,
    sip_call_id          text   NOT NULL,
    customer             bigint NOT NULL,
    account              bigint NOT NULL,
    subscription         bigint NOT NULL,
    tariff               bigint NOT NULL,
    started_at           bigint NOT NULL,
    ringing_at           bigint NOT NULL,
    answered_at          bigint NOT NULL,
    platform_answered_at bigint NOT NULL,
    ended_at             bigint NOT NULL,
    talk                 bigint NOT NULL,
    billable             bigint NOT NULL,
    charge_micro         bigint NOT NULL,
    cause                text   NOT NULL,
    status               bigint NOT NULL,
    ended_by             text   NOT NULL,
    recovered            bigint NOT NULL,
    reserved_micro       bigint NOT NULL,
    reserved_seconds     bigint NOT NULL,
    grants               text   NOT NULL,
    txn                  bigint NOT NULL, -- 0 when it cost nothing
    lines                text   NOT NULL,
    legs                 text   NOT NULL,
    steps                text   NOT NULL,
    PRIMARY KEY (shard, id),
    CHECK (charge_micro >= 0 AND charge_micro <= reserved_micro)
) PARTITION BY RANGE (id);
CREATE TABLE cdr_rest PARTITION OF cdr DEFAULT;

-- Without the shard: a young table's planner would look calls up in it, by the
-- shard alone.
CREATE INDEX cdr_customer ON cdr (customer, started_at);
CREATE INDEX cdr_started ON cdr (started_at);
