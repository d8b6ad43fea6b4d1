package ui

// htmxConfig keeps htmx within the Content-Security-Policy: no style element
// of its own, no eval, no script from a fragment. No page is kept in the
// browser's local storage, where other people's calls would outlive a visit.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0}`
