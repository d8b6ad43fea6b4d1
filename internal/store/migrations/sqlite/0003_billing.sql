-- Bills: fees of terms, true-ups to a minimum consumption, arrears, notices,
-- and what the jobs did. Amounts are micro-yuan, instants microseconds since
-- 1970 in UTC with 0 for never, lengths microseconds.

-- +goose Up

-- A fee of a subscription; seq 0 is what is paid once. credit and seconds are
-- what it buys, in buckets of their own.
CREATE TABLE term (
    shard          INTEGER NOT NULL,
    subscription   INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    customer       INTEGER NOT NULL,
    account        INTEGER NOT NULL,
    number         TEXT    NOT NULL,
    plan           TEXT    NOT NULL,
    fee_micro      INTEGER NOT NULL,
    credit_micro   INTEGER NOT NULL,
    credit_bucket  INTEGER NOT NULL,
    seconds        INTEGER NOT NULL,
    seconds_bucket INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    paid_at        INTEGER NOT NULL, -- 0 while it is due
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    earned_until   INTEGER NOT NULL,
    PRIMARY KEY (shard, subscription, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE true_up (
    shard             INTEGER NOT NULL,
    subscription      INTEGER NOT NULL,
    starts_at         INTEGER NOT NULL,
    ends_at           INTEGER NOT NULL,
    customer          INTEGER NOT NULL,
    account           INTEGER NOT NULL,
    number            TEXT    NOT NULL,
    minimum_micro     INTEGER NOT NULL,
    consumption_micro INTEGER NOT NULL,
    amount_micro      INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    paid_at           INTEGER NOT NULL, -- 0 while it is due
    PRIMARY KEY (shard, subscription, starts_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrears (
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    stage    TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    low      INTEGER NOT NULL, -- 1: told that the balance is low
    PRIMARY KEY (shard, customer)
) STRICT, WITHOUT ROWID;

-- The operator's periods; no row: nobody is suspended by a job.
CREATE TABLE arrears_rules (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at_most_micro INTEGER NOT NULL,
    grace         INTEGER NOT NULL,
    suspended     INTEGER NOT NULL,
    frozen        INTEGER NOT NULL,
    closing       INTEGER NOT NULL,
    quarantine    INTEGER NOT NULL
) STRICT;

CREATE TABLE notice (
    shard    INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    body     TEXT    NOT NULL, -- JSON
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;

-- Numbers in quarantine.
CREATE TABLE rest (
    number INTEGER NOT NULL PRIMARY KEY,
    until  INTEGER NOT NULL
) STRICT;

-- What each job did last, and who does it now.
CREATE TABLE job (
    name          TEXT    NOT NULL PRIMARY KEY,
    node          INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL,
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER NOT NULL,
    items         INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    error         TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
