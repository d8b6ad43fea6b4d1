-- Bills: fees of terms, true-ups to a minimum consumption, arrears, notices,
-- and what the jobs did. Amounts are micro-yuan, instants microseconds since
-- 1970 in UTC with 0 for never, lengths microseconds.

-- +goose Up

-- A fee of a subscription; seq 0 is what is paid once. credit and seconds are
-- what it buys, in buckets of their own.
CREATE TABLE term (
    shard          bigint NOT NULL,
    subscription   bigint NOT NULL,
    seq            bigint NOT NULL,
    customer       bigint NOT NULL,
    account        bigint NOT NULL,
    number         text   NOT NULL,
    plan           text   NOT NULL,
    fee_micro      bigint NOT NULL,
    credit_micro   bigint NOT NULL,
    credit_bucket  bigint NOT NULL,
    seconds        bigint NOT NULL,
    seconds_bucket bigint NOT NULL,
    due_at         bigint NOT NULL,
    paid_at        bigint NOT NULL, -- 0 while it is due
    starts_at      bigint NOT NULL,
    ends_at        bigint NOT NULL,
    earned_until   bigint NOT NULL,
    PRIMARY KEY (shard, subscription, seq)
);

CREATE TABLE true_up (
    shard             bigint NOT NULL,
    subscription      bigint NOT NULL,
    starts_at         bigint NOT NULL,
    ends_at           bigint NOT NULL,
    customer          bigint NOT NULL,
    account           bigint NOT NULL,
    number            text   NOT NULL,
    minimum_micro     bigint NOT NULL,
    consumption_micro bigint NOT NULL,
    amount_micro      bigint NOT NULL,
    due_at            bigint NOT NULL,
    paid_at           bigint NOT NULL, -- 0 while it is due
    PRIMARY KEY (shard, subscription, starts_at)
);

CREATE TABLE arrears (
    shard    bigint NOT NULL,
    customer bigint NOT NULL,
    stage    text   NOT NULL,
    since    bigint NOT NULL,
    low      bigint NOT NULL, -- 1: told that the balance is low
    PRIMARY KEY (shard, customer)
);

-- The operator's periods; no row: nobody is suspended by a job.
CREATE TABLE arrears_rules (
    id            bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    at_most_micro bigint NOT NULL,
    grace         bigint NOT NULL,
    suspended     bigint NOT NULL,
    frozen        bigint NOT NULL,
    closing       bigint NOT NULL,
    quarantine    bigint NOT NULL
);

CREATE TABLE notice (
    shard    bigint NOT NULL,
    id       bigint NOT NULL,
    customer bigint NOT NULL,
    at       bigint NOT NULL,
    kind     text   NOT NULL,
    body     text   NOT NULL, -- JSON
    PRIMARY KEY (shard, id)
);

-- Numbers in quarantine.
CREATE TABLE rest (
    number bigint NOT NULL PRIMARY KEY,
    until  bigint NOT NULL
);

-- What each job did last, and who does it now.
CREATE TABLE job (
    name          text COLLATE "C" NOT NULL PRIMARY KEY,
    node          bigint NOT NULL,
    claimed_until bigint NOT NULL,
    started_at    bigint NOT NULL,
    finished_at   bigint NOT NULL,
    items         bigint NOT NULL,
    failed        bigint NOT NULL,
    error         text   NOT NULL
);
