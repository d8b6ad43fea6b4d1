-- A price of a single number by an operator's word, beside its grade: priced is 1
-- where there is one. Amounts are micro-yuan.

-- +goose Up

ALTER TABLE grade_override ADD COLUMN priced bigint NOT NULL DEFAULT 0;
ALTER TABLE grade_override ADD COLUMN fee_micro bigint NOT NULL DEFAULT 0;
ALTER TABLE grade_override ADD COLUMN minimum_micro bigint NOT NULL DEFAULT 0;
