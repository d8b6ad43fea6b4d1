// Package sipp plays carriers and phones with SIPp, a SIP implementation that
// shares nothing with ours. The scenarios are the XML files of this folder;
// they can be used by hand as well:
//
//	sipp -sf test/sipp/uas_answer.xml -i 127.0.0.3 -p 5080 -d 1000
//	sipp -sf test/sipp/uac_basic.xml -i 127.0.0.2 -d 1000 -m 1 -inf calls.csv 127.0.0.1:5060
//
// where calls.csv has "SEQUENTIAL" in its first line and "number;caller;" in
// every other.
//
// Loss (-lost) is SIPp's own: it loses messages that it received, and of those
// that it sends the ones that it would send again. The others (an ACK, a 180,
// the answer to a BYE) say lost="0" in the scenarios, since a SIPp that lost
// one takes every repeat of what it answers for known and never sends it again.
package sipp
