-- What a message is: about a notice, or a one-time code, of which only what it
-- was for is kept.

-- +goose Up

ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'notice';
ALTER TABLE outbox ADD COLUMN about TEXT NOT NULL DEFAULT '';
