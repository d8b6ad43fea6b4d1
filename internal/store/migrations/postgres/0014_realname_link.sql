-- The link by which a customer hands its documents in.

-- +goose Up

ALTER TABLE realname ADD COLUMN link text NOT NULL DEFAULT ''; -- SHA-256 of its key, hexadecimal; empty: none
