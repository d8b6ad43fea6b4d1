// Package parts finds the real programs that tests talk to: SIPp, baresip, Kamailio,
// PostgreSQL, Chromium, pdftotext, axe-core. test/setup.sh installs them.
package parts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// part is one program: any of places shows that it is there. Or it is a file in the
// cache of tools.
type part struct {
	places []string
	pack   string
	cached string
}

var known = map[string]part{
	"axe-core":  {cached: "axe-core-4.14.1.js", pack: "axe-core of npm"},
	"sipp":      {places: []string{"sipp"}, pack: "sip-tester"},
	"baresip":   {places: []string{"baresip"}, pack: "baresip-core"},
	"initdb":    {places: []string{"/usr/lib/postgresql/15/bin/initdb", "initdb"}, pack: "postgresql-15"},
	"kamailio":  {places: []string{"kamailio", "/usr/sbin/kamailio"}, pack: "kamailio"},
	"pdftotext": {places: []string{"pdftotext"}, pack: "poppler-utils"},
	"chromium":  {places: []string{"chromium", "chromium-browser", "google-chrome"}, pack: "chromium"},
}

// Find returns the path of a part, or an error that says how to install it.
// It fails also for a name that it does not know.
func Find(name string) (string, error) {
	p, ok := known[name]
	if !ok {
		return "", fmt.Errorf("no part is called %q", name)
	}
	if p.cached != "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		path := filepath.Join(cache, "sibai-tools", p.cached)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
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
