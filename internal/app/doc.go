// Package app wires a node: configuration → store → services → servers, and
// the order in which they start and stop. It decides nothing else.
//
// Start: open and migrate the store, start charging, settle what a former
// process of this node left behind, read the directory, open the SIP sockets
// and the HTTP listeners, and only then take calls.
//
// Stop: refuse new calls; wait for running ones up to the grace period, then
// end and settle them; close SIP, HTTP, charging and the store, in that order.
package app
