-- What proves that a phone is its customer's, and who published a profile.

-- +goose Up

ALTER TABLE profile ADD COLUMN who TEXT NOT NULL DEFAULT ''; -- a member's name; empty: the operator, or an order

CREATE TABLE target_proof (
    shard     INTEGER NOT NULL,
    target    INTEGER NOT NULL,
    customer  INTEGER NOT NULL,
    owner     TEXT    NOT NULL, -- in whose name it is registered, as declared
    added_at  INTEGER NOT NULL,
    proven_at INTEGER NOT NULL, -- 0: not proven
    hash      TEXT    NOT NULL, -- SHA-256 of the code sent last
    until_at  INTEGER NOT NULL,
    shown     TEXT    NOT NULL, -- the code, where codes are shown instead of sent; empty else
    tries     INTEGER NOT NULL,
    sent      INTEGER NOT NULL,
    sent_at   INTEGER NOT NULL,
    PRIMARY KEY (shard, target)
) STRICT, WITHOUT ROWID;
