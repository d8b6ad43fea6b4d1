-- How customers want to be told of what. A topic without a row: in every way.

-- +goose Up

CREATE TABLE notice_choice (
    shard    INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    topic    TEXT    NOT NULL,
    email    INTEGER NOT NULL,
    phone    INTEGER NOT NULL,
    page     INTEGER NOT NULL, -- counted by the bell
    PRIMARY KEY (shard, customer, topic)
) STRICT, WITHOUT ROWID;
