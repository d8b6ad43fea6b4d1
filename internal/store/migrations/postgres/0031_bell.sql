-- Notices that somebody has read in the pages. Those of the operator have shard and
-- customer 0.

-- +goose Up

CREATE TABLE notice_read (
    shard  BIGINT NOT NULL, -- of the notice
    person BIGINT NOT NULL,
    notice BIGINT NOT NULL,
    PRIMARY KEY (shard, person, notice)
);
CREATE INDEX notice_customer ON notice (shard, customer, id);
