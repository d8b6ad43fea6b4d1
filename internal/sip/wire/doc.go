// Package wire is what stands in a SIP message: it reads one message of RFC
// 3261 into the few things the upper layers ask for, checks that what must be
// there is there (section 8.1.1), and writes messages.
//
// The text is taken apart by the parser of github.com/emiago/sipgo/sip; what
// a field means is decided here. Header fields are kept as they came, so that
// what has to be echoed (Via, From, To, Record-Route) is echoed to the byte.
// Nothing here knows sockets, transactions or time.
package wire
