// Package cdr is the record of one call (话单): what was dialled and by whom,
// what happened and why, and what it cost, line by line. Sources: 3GPP TS
// 32.298 for what a call record keeps; RFC 3326 for the reason it carries.
//
// It decides nothing: call fills in the facts, charging the charge lines, and
// both stand in one commit. Its explanation in words is made by explain.
package cdr
