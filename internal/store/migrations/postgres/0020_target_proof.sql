-- What proves that a phone is its customer's, and who published a profile.

-- +goose Up

ALTER TABLE profile ADD COLUMN who text NOT NULL DEFAULT ''; -- a member's name; empty: the operator, or an order

CREATE TABLE target_proof (
    shard     bigint  NOT NULL,
    target    bigint  NOT NULL,
    customer  bigint  NOT NULL,
    owner     text    NOT NULL, -- in whose name it is registered, as declared
    added_at  bigint  NOT NULL,
    proven_at bigint  NOT NULL, -- 0: not proven
    hash      text    NOT NULL, -- SHA-256 of the code sent last
    until_at  bigint  NOT NULL,
    shown     text    NOT NULL, -- the code, where codes are shown instead of sent; empty else
    tries     bigint  NOT NULL,
    sent      bigint  NOT NULL,
    sent_at   bigint  NOT NULL,
    PRIMARY KEY (shard, target)
);
