-- The business: what is sold, to whom, and where calls come from and go to.
-- Rows of a customer start with its shard; what all share (trunks, tariffs,
-- plans, the inventory of numbers) has no shard. Amounts are micro-yuan,
-- instants microseconds since 1970 in UTC, lengths microseconds.

-- +goose Up

-- One row; grows with every business change, so that nodes know when to load.
CREATE TABLE revision (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO revision (id, value) VALUES (1, 1);

CREATE TABLE operator (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name TEXT    NOT NULL
) STRICT;

CREATE TABLE segment (
    prefix  TEXT NOT NULL PRIMARY KEY,
    carrier TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- inbound: ["203.0.113.10", …]; outbound: "203.0.113.10:5060" or empty
CREATE TABLE trunk (
    id        INTEGER NOT NULL PRIMARY KEY,
    code      TEXT    NOT NULL UNIQUE,
    inbound   TEXT    NOT NULL,
    outbound  TEXT    NOT NULL,
    transport TEXT    NOT NULL
) STRICT;

-- A row never changes.
CREATE TABLE tariff (
    id               INTEGER NOT NULL PRIMARY KEY,
    code             TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    effective_at     INTEGER NOT NULL,
    connection_micro INTEGER NOT NULL,
    first_length     INTEGER NOT NULL,
    first_micro      INTEGER NOT NULL,
    next_length      INTEGER NOT NULL,
    next_micro       INTEGER NOT NULL,
    rates            TEXT    NOT NULL, -- JSON of bands, classes and holidays; empty for none
    UNIQUE (code, version),
    UNIQUE (code, effective_at)
) STRICT;

CREATE TABLE plan (
    id               INTEGER NOT NULL PRIMARY KEY,
    code             TEXT    NOT NULL UNIQUE,
    name             TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    tariff           TEXT    NOT NULL,
    fee_micro        INTEGER NOT NULL,
    term_months      INTEGER NOT NULL,
    package_micro    INTEGER NOT NULL,
    number_fee_micro INTEGER NOT NULL,
    minimum_micro    INTEGER NOT NULL,
    minimum_period   TEXT    NOT NULL,
    max_concurrent   INTEGER NOT NULL,
    min_grant        INTEGER NOT NULL,
    package_seconds  INTEGER NOT NULL,
    roll_over        INTEGER NOT NULL,
    overdraft_micro  INTEGER NOT NULL,
    collection       TEXT    NOT NULL
) STRICT;

-- Which customer has a code, whatever its shard.
CREATE TABLE customer_code (
    code     TEXT    NOT NULL PRIMARY KEY,
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer (
    shard   INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    code    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    account INTEGER NOT NULL,
    low     INTEGER NOT NULL, -- told when the credit falls to it; 0: not told
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE target (
    shard        INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    customer     INTEGER NOT NULL,
    phone        TEXT    NOT NULL,
    trunk        TEXT    NOT NULL,
    capacity     INTEGER NOT NULL,
    review       TEXT    NOT NULL,
    ring_timeout INTEGER NOT NULL,
    PRIMARY KEY (shard, id),
    UNIQUE (shard, customer, phone)
) STRICT, WITHOUT ROWID;

-- The inventory. shard and customer are 0 for a number that is nobody's.
CREATE TABLE number (
    id       INTEGER NOT NULL PRIMARY KEY,
    digits   TEXT    NOT NULL UNIQUE,
    state    TEXT    NOT NULL,
    display  TEXT    NOT NULL,
    issuing  TEXT    NOT NULL,
    serving  TEXT    NOT NULL,
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL
) STRICT;

-- profile is the published version of the number's profile, 0 for none.
CREATE TABLE subscription (
    shard          INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    customer       INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    plan           INTEGER NOT NULL,
    max_concurrent INTEGER,          -- null: the plan's
    started_at     INTEGER NOT NULL,
    cap_micro      INTEGER NOT NULL, -- 0: no cap
    cap_calls      INTEGER NOT NULL,
    profile        INTEGER NOT NULL,
    PRIMARY KEY (shard, id),
    UNIQUE (shard, number)
) STRICT, WITHOUT ROWID;

-- A row never changes: a published profile is replaced by the next version.
CREATE TABLE profile (
    shard        INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    customer     INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (shard, number, version)
) STRICT, WITHOUT ROWID;
