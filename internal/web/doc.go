// Package web serves the pages for people. It puts together what every page
// needs (language, theme, security headers, error pages, files) and mounts the
// pages themselves, each of which is a package of its own with the port it
// reads from.
package web
