-- Real-name verification: applications, their documents (which lie sealed
-- elsewhere), what became of them and who looked, and numbers that a rule
-- stops. What names a person is sealed. Instants are microseconds since 1970 in
-- UTC with 0 for never, days are 2026-07-31.

-- +goose Up

CREATE TABLE realname (
    shard       bigint NOT NULL,
    id          bigint NOT NULL,
    customer    bigint NOT NULL,
    code        text   NOT NULL,
    number      text COLLATE "C" NOT NULL,
    state       text   NOT NULL,
    enterprise  text   NOT NULL,
    form_header text   NOT NULL, -- the form's key, wrapped by the master key
    form        text   NOT NULL, -- sealed
    created_at  bigint NOT NULL,
    deadline    bigint NOT NULL,
    due_at      bigint NOT NULL, -- when the job looks at it next
    valid_until text   NOT NULL,
    reference   text   NOT NULL, -- the carrier's own number
    sent_at     bigint NOT NULL, -- to the carrier
    events      bigint NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX realname_due ON realname (due_at) WHERE due_at <> 0;
CREATE INDEX realname_number ON realname (number);
CREATE INDEX realname_newest ON realname (id);
-- One at a time is under way for a number.
CREATE UNIQUE INDEX realname_open ON realname (shard, number) WHERE state IN ('draft', 'vendor_review', 'carrier_review', 'asked');

CREATE TABLE realname_document (
    shard         bigint NOT NULL,
    id            bigint NOT NULL,
    realname      bigint NOT NULL,
    kind          text   NOT NULL,
    target        text   NOT NULL,
    type          text   NOT NULL,
    size          bigint NOT NULL,
    header        text   NOT NULL, -- the document's key, wrapped
    stated_header text   NOT NULL,
    stated        text   NOT NULL, -- sealed: what it says of itself
    added_at      bigint NOT NULL,
    gone_at       bigint NOT NULL, -- when another took its place
    PRIMARY KEY (shard, id)
);
CREATE INDEX realname_document_of ON realname_document (shard, realname);
CREATE INDEX realname_document_id ON realname_document (id);

-- A row never changes.
CREATE TABLE realname_event (
    shard    bigint NOT NULL,
    realname bigint NOT NULL,
    seq      bigint NOT NULL,
    at       bigint NOT NULL,
    what     text   NOT NULL,
    state    text   NOT NULL,
    who      text   NOT NULL,
    document bigint NOT NULL,
    reasons  text   NOT NULL, -- codes with commas between
    note     text   NOT NULL,
    PRIMARY KEY (shard, realname, seq)
);

CREATE TABLE realname_freeze (
    shard       bigint NOT NULL,
    number      text COLLATE "C" NOT NULL,
    seq         bigint NOT NULL,
    customer    bigint NOT NULL,
    code        text   NOT NULL,
    cause       text   NOT NULL,
    proposed_by text   NOT NULL,
    proposed_at bigint NOT NULL,
    frozen_by   text   NOT NULL,
    frozen_at   bigint NOT NULL,
    lifted_by   text   NOT NULL,
    lifted_at   bigint NOT NULL,
    note        text   NOT NULL,
    PRIMARY KEY (shard, number, seq)
);
