// Package phone reads telephone numbers as carriers and people write them:
// the caller of a call (CLI) and the phones that 400 numbers forward to.
//
// Normalise never fails: what it cannot understand is of class Unknown, and a
// call with such a caller is still connected. ParseTarget is strict: a phone
// that may not be bound is refused, with the reason.
//
// A mobile's carrier cannot be told from its prefix (携号转网, number
// portability); only the segments that were given to virtual operators and to
// services can. All of that is data: see table.go. Sources: 电信网编号计划
// (numbering plan of mainland China), ITU-T E.164.
package phone
