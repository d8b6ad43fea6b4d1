// Package verify is the page on which a customer verifies its real name, reached
// by a link: the form, the documents, what is wrong with them, and where the
// application stands. It shows no name or number of a person.
package verify
