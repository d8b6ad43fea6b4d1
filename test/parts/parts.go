// Package parts finds the real programs that tests talk to: SIPp, baresip, Kamailio,
// PostgreSQL, Chromium, pdftotext. test/setup.sh installs them.
package parts

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// part is one program: any of places shows that it is there.
type part struct {
	places []string
	pack   string
}

var known = map[string]part{
	"sipp":      {[]string{"sipp"}, "sip-tester"},
	"baresip":   {[]string{"baresip"}, "baresip-core"},
	"initdb":    {[]string{"/usr/lib/postgresql/15/bin/initdb", "initdb"}, "postgresql-15"},
	"kamailio":  {[]string{"kamailio", "/usr/sbin/kamailio"}, "kamailio"},
	"pdftotext": {[]string{"pdftotext"}, "poppler-utils"},
	"chromium":  {[]string{"chromium", "chromium-browser", "google-chrome"}, "chromium"},
}

// Find returns the path of a part, or an error that says how to install it.
// It fails also for a name that it does not know.
func Find(name string) (string, error) {
	p, ok := known[name]
	if !ok {
		return "", fmt.Errorf("no part is called %q", name)
	}
	for _, place := range p.places {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing: run test/setup.sh, or install the package %s", name, p.pack)
}

// said keeps a process from repeating itself: one loud line for each part.
var said sync.Map

// Need returns the path of a part. Without it the test is skipped, or fails
// when CI=true, where a test that was not run must not look like one that
// passed. With -short it is skipped always.
func Need(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("with -short nothing is tested that needs " + name)
	}
	path, err := Find(name)
	if err == nil {
		return path
	}
	if _, isKnown := known[name]; !isKnown || os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if _, again := said.LoadOrStore(name, true); !again {
		fmt.Fprintln(os.Stderr, "SKIPPED, NOT TESTED:", err)
	}
	t.Skip("SKIPPED, NOT TESTED:", err)
	return ""
}
