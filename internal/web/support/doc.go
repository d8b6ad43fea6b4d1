// Package support is where staff answer visitors: who waits, the conversation,
// canned answers, and who is there. It stands on the operator's listener.
//
// Until staff sign in, who is there is the name that was typed, kept in a
// cookie: it is for visitors to see, and gives no right.
package support
