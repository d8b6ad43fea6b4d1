-- When somebody was called back who left a message, by whom and what came of it; and
-- what waits for staff is counted by indexes. Instants are microseconds since 1970 in
-- UTC with 0 for never.

-- +goose Up

ALTER TABLE chat ADD COLUMN called_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN called_by TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN called_note TEXT NOT NULL DEFAULT '';
CREATE INDEX realname_reviewed ON realname (state) WHERE state IN ('vendor_review', 'carrier_review');
CREATE INDEX reconciliation_difference_open ON reconciliation_difference (provider) WHERE settled_at = 0;
CREATE INDEX outbox_failed ON outbox (at) WHERE state = 'failed';
