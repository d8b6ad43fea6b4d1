// Package explain puts a call record into words, in Chinese and English: what
// happened, why it went that way, and what it cost, line by line. The CLI, the
// live page and the API all say the same words, because all take them here.
//
// It decides nothing and reads nothing but the record: the facts were written
// down by call, routing and charging when they were decided.
package explain
