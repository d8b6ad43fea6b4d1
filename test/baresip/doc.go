// Package baresip runs a real softphone, baresip 1.0, that answers every call
// at once, sends the sound that siptest's phones send and writes down what it
// hears. A call through it proves that our signalling suits a SIP stack that
// shares nothing with ours, and that audio flows both ways.
package baresip
