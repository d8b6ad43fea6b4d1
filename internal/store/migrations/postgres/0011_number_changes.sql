-- Nodes that search the inventory in memory ask what changed lately.

-- +goose Up

CREATE INDEX number_event_at ON number_event (at);
