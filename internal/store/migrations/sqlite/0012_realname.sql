-- Real-name verification: applications, their documents (which lie sealed
-- elsewhere), what became of them and who looked, and numbers that a rule
-- stops. What names a person is sealed. Instants are microseconds since 1970 in
-- UTC with 0 for never, days are 2026-07-31.

-- +goose Up

CREATE TABLE realname (
    shard       INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    customer    INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    enterprise  TEXT    NOT NULL,
    form_header TEXT    NOT NULL, -- the form's key, wrapped by the master key
    form        TEXT    NOT NULL, -- sealed
    created_at  INTEGER NOT NULL,
    deadline    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL, -- when the job looks at it next
    valid_until TEXT    NOT NULL,
    reference   TEXT    NOT NULL, -- the carrier's own number
    sent_at     INTEGER NOT NULL, -- to the carrier
    events      INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX realname_due ON realname (due_at) WHERE due_at <> 0;
CREATE INDEX realname_number ON realname (number);
CREATE INDEX realname_newest ON realname (id);
-- One at a time is under way for a number.
CREATE UNIQUE INDEX realname_open ON realname (shard, number) WHERE state IN ('draft', 'vendor_review', 'carrier_review', 'asked');

CREATE TABLE realname_document (
    shard         INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    realname      INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    type          TEXT    NOT NULL,
    size          INTEGER NOT NULL,
    header        TEXT    NOT NULL, -- the document's key, wrapped
    stated_header TEXT    NOT NULL,
    stated        TEXT    NOT NULL, -- sealed: what it says of itself
    added_at      INTEGER NOT NULL,
    gone_at       INTEGER NOT NULL, -- when another took its place
    PRIMARY KEY (shard, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX realname_document_of ON realname_document (shard, realname);
CREATE INDEX realname_document_id ON realname_document (id);

-- A row never changes.
CREATE TABLE realname_event (
    shard    INTEGER NOT NULL,
    realname INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    what     TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    document INTEGER NOT NULL,
    reasons  TEXT    NOT NULL, -- codes with commas between
    note     TEXT    NOT NULL,
    PRIMARY KEY (shard, realname, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE realname_freeze (
    shard       INTEGER NOT NULL,
    number      TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    customer    INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    proposed_by TEXT    NOT NULL,
    proposed_at INTEGER NOT NULL,
    frozen_by   TEXT    NOT NULL,
    frozen_at   INTEGER NOT NULL,
    lifted_by   TEXT    NOT NULL,
    lifted_at   INTEGER NOT NULL,
    note        TEXT    NOT NULL,
    PRIMARY KEY (shard, number, seq)
) STRICT, WITHOUT ROWID;
