-- Notices that somebody has read in the pages. Those of the operator have shard and
-- customer 0.

-- +goose Up

CREATE TABLE notice_read (
    shard  INTEGER NOT NULL, -- of the notice
    person INTEGER NOT NULL,
    notice INTEGER NOT NULL,
    PRIMARY KEY (shard, person, notice)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_customer ON notice (shard, customer, id);
