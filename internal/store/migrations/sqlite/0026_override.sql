-- Grades of single numbers by an operator's word; the last one of a number counts,
-- and an empty grade is that of the table. A row never changes. Instants are
-- microseconds since 1970 in UTC.

-- +goose Up

CREATE TABLE grade_override (
    digits TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    grade  TEXT NOT NULL,
    why    TEXT NOT NULL,
    who    TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (digits, seq)
) STRICT, WITHOUT ROWID;
