-- How customers want to be told of what. A topic without a row: in every way.

-- +goose Up

CREATE TABLE notice_choice (
    shard    BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    topic    TEXT    NOT NULL,
    email    BIGINT NOT NULL,
    phone    BIGINT NOT NULL,
    page     BIGINT NOT NULL, -- counted by the bell
    PRIMARY KEY (shard, customer, topic)
);
