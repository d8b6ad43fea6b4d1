// Package static serves the files that pages load: our own style sheets and
// scripts, and the vendored ones (scripts/vendor-ui.sh). They are embedded,
// compressed once at start, and named by their content, so that a browser
// keeps them for good and never shows a new page with an old style.
package static
