// Package number is the 400 number itself: its form, the segment that says
// which carrier issued it, how it is shown, and its life.
//
// A 400 number is "400" and seven digits, dialled from anywhere in mainland
// China without an area code, and inbound only: nothing in this package, and
// nothing built on it, places a call that shows one.
//
//	available ─▶ locked ─▶ sold ─▶ active ⇄ suspended ─▶ frozen ─▶ closing ─▶ quarantine ─▶ available
//
// Package number refuses to know who rents a number and where it rings:
// catalog and routing do. Sources: 电信网编号计划 (400 as a service code shared
// by the three carriers); the segments the carriers publish.
package number
