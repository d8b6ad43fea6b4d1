// Package loop is the thread that a share of the calls lives on: a queue of
// functions and a heap of timers, run one at a time by one goroutine. What is
// only touched from one loop needs no lock. A function that panics is told to
// the loop's owner and the loop goes on.
package loop
