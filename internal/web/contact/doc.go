// Package contact is where visitors write with the operator's staff, or leave
// a message when nobody is there. The conversation is kept by the store, its
// key by a cookie of the visitor's browser that only these pages get.
package contact
