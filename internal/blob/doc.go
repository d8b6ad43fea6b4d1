// Package blob is where sealed documents lie: a folder, on a disk of the node
// or one that nodes share. It also has the command that scans documents for
// malware before they are sealed.
//
// It refuses to know what is in them: package vault seals before and opens
// after.
package blob
