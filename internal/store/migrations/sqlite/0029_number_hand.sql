-- Who changed the state of a number by hand; empty where a rule, an order or a job
-- did. An event says why already.

-- +goose Up

ALTER TABLE number_event ADD COLUMN who TEXT NOT NULL DEFAULT '';
