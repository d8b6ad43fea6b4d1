// Package fault is how Sibai says that something went wrong: one kind for
// programs, one code for support and for the documentation, and one sentence,
// cause and remedy in Chinese and in English for people.
//
// The codes live in codes.yaml. From it the generator makes the constants and
// texts of this package (codes_gen.go) and docs/errors.md. A published code is
// never renamed or removed: testdata/published.txt remembers each one.
//
// A refusal that is normal business (no credit, number closed) is no fault; it
// is a value of the package that decides it.
package fault

//go:generate go run ./gen
