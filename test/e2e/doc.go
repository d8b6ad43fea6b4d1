// Package e2e runs the real program: it builds sibai, serves an installation
// from a folder of its own, lets SIPp, baresip and siptest call through it, and
// then asks the books. What is here starts, stops and kills a node; the tests
// beside it say what must come out.
package e2e
