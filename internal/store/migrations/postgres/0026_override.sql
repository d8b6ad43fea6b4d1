-- Grades of single numbers by an operator's word; the last one of a number counts,
-- and an empty grade is that of the table. A row never changes. Instants are
-- microseconds since 1970 in UTC.

-- +goose Up

CREATE TABLE grade_override (
    digits text COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    grade  text NOT NULL,
    why    text NOT NULL,
    who    text NOT NULL,
    at     bigint NOT NULL,
    PRIMARY KEY (digits, seq)
);
