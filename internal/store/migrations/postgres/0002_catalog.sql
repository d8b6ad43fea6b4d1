-- The business: what is sold, to whom, and where calls come from and go to.
-- Rows of a customer start with its shard; what all share (trunks, tariffs,
-- plans, the inventory of numbers) has no shard. Amounts are micro-yuan,
-- instants microseconds since 1970 in UTC, lengths microseconds.

-- +goose Up

-- One row; grows with every business change, so that nodes know when to load.
CREATE TABLE revision (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    value bigint NOT NULL
);
INSERT INTO revision (id, value) VALUES (1, 1);

CREATE TABLE operator (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    name text   NOT NULL
);

CREATE TABLE segment (
    prefix  text COLLATE "C" NOT NULL PRIMARY KEY,
    carrier text   NOT NULL
);

-- inbound: ["203.0.113.10", …]; outbound: "203.0.113.10:5060" or empty
CREATE TABLE trunk (
    id        bigint NOT NULL PRIMARY KEY,
    code      text COLLATE "C" NOT NULL UNIQUE,
    inbound   text   NOT NULL,
    outbound  text   NOT NULL,
    transport text   NOT NULL
);

-- A row never changes.
CREATE TABLE tariff (
    id               bigint NOT NULL PRIMARY KEY,
    code             text COLLATE "C" NOT NULL,
    version          bigint NOT NULL,
    effective_at     bigint NOT NULL,
    connection_micro bigint NOT NULL,
    first_length     bigint NOT NULL,
    first_micro      bigint NOT NULL,
    next_length      bigint NOT NULL,
    next_micro       bigint NOT NULL,
    rates            text   NOT NULL, -- JSON of bands, classes and holidays; empty for none
    UNIQUE (code, version),
    UNIQUE (code, effective_at)
);

CREATE TABLE plan (
    id               bigint NOT NULL PRIMARY KEY,
    code             text COLLATE "C" NOT NULL UNIQUE,
    name             text   NOT NULL,
    kind             text   NOT NULL,
    tariff           text   NOT NULL,
    fee_micro        bigint NOT NULL,
    term_months      bigint NOT NULL,
    package_micro    bigint NOT NULL,
    number_fee_micro bigint NOT NULL,
    minimum_micro    bigint NOT NULL,
    minimum_period   text   NOT NULL,
    max_concurrent   bigint NOT NULL,
    min_grant        bigint NOT NULL,
    package_seconds  bigint NOT NULL,
    roll_over        bigint NOT NULL,
    overdraft_micro  bigint NOT NULL,
    collection       text   NOT NULL
);

-- Which customer has a code, whatever its shard.
CREATE TABLE customer_code (
    code     text COLLATE "C" NOT NULL PRIMARY KEY,
    shard    bigint NOT NULL,
    customer bigint NOT NULL
);

CREATE TABLE customer (
    shard   bigint NOT NULL,
    id      bigint NOT NULL,
    code    text COLLATE "C" NOT NULL,
    name    text   NOT NULL,
    state   text   NOT NULL,
    account bigint NOT NULL,
    low     bigint NOT NULL, -- told when the credit falls to it; 0: not told
    PRIMARY KEY (shard, id)
);

CREATE TABLE target (
    shard        bigint NOT NULL,
    id           bigint NOT NULL,
    customer     bigint NOT NULL,
    phone        text COLLATE "C" NOT NULL,
    trunk        text   NOT NULL,
    capacity     bigint NOT NULL,
    review       text   NOT NULL,
    ring_timeout bigint NOT NULL,
    PRIMARY KEY (shard, id),
    UNIQUE (shard, customer, phone)
);

-- The inventory. shard and customer are 0 for a number that is nobody's.
CREATE TABLE number (
    id       bigint NOT NULL PRIMARY KEY,
    digits   text COLLATE "C" NOT NULL UNIQUE,
    state    text   NOT NULL,
    display  text   NOT NULL,
    issuing  text   NOT NULL,
    serving  text   NOT NULL,
    shard    bigint NOT NULL,
    customer bigint NOT NULL
);

-- profile is the published version of the number's profile, 0 for none.
CREATE TABLE subscription (
    shard          bigint NOT NULL,
    id             bigint NOT NULL,
    customer       bigint NOT NULL,
    number         bigint NOT NULL,
    plan           bigint NOT NULL,
    max_concurrent bigint ,          -- null: the plan's
    started_at     bigint NOT NULL,
    cap_micro      bigint NOT NULL, -- 0: no cap
    cap_calls      bigint NOT NULL,
    profile        bigint NOT NULL,
    PRIMARY KEY (shard, id),
    UNIQUE (shard, number)
);

-- A row never changes: a published profile is replaced by the next version.
CREATE TABLE profile (
    shard        bigint NOT NULL,
    number       bigint NOT NULL,
    version      bigint NOT NULL,
    customer     bigint NOT NULL,
    body         text   NOT NULL,
    published_at bigint NOT NULL,
    PRIMARY KEY (shard, number, version)
);
