package static_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sibai/internal/web/static"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
	return w
}

func TestFilesAreKeptForGood(t *testing.T) {
	t.Parallel()
	url := static.URL("css/sibai.css")
	w := get(t, url)
	if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	tag := w.Header().Get("ETag")
	if again := get(t, url, "If-None-Match", tag); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("with the tag: %d, %d bytes", again.Code, again.Body.Len())
	}

	zipped := get(t, url, "Accept-Encoding", "gzip")
	if zipped.Header().Get("ETag") == tag || zipped.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("compressed: %v", zipped.Header())
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || !bytes.Equal(plain, w.Body.Bytes()) {
		t.Errorf("compressed differs: %v", err)
	}
}

func TestOldAndWrongAddresses(t *testing.T) {
	t.Parallel()
	old := get(t, static.Prefix+"000000000000/css/sibai.css")
	if old.Code != 200 || old.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("an address from before an upgrade: %d %v", old.Code, old.Header())
	}
	for _, path := range []string{"", "x", "x/", "x/css", "x/static.go", "x/../static.go", "x/vendor/SHA256SUMS"} {
		if w := get(t, static.Prefix+path); w.Code != 404 {
			t.Errorf("%q: %d, want 404", path, w.Code)
		}
	}
}

func TestURLOfNothingPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("URL of a file that is not there did not panic")
		}
	}()
	static.URL("css/nothing.css")
}

// TestVendoredFiles holds the vendored files to their checksums, as
// `scripts/vendor-ui.sh --check` does.
func TestVendoredFiles(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"SHA256SUMS": true}
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		data, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
			t.Errorf("vendor/%s was changed; run scripts/vendor-ui.sh", name)
		}
		listed[name] = true
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !listed[e.Name()] {
			t.Errorf("vendor/%s is not in SHA256SUMS", e.Name())
		}
	}
}

// TestOwnFiles keeps our own files within the
// Content-Security-Policy and the colours within the tokens.
func TestOwnFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"css/tokens.css", "css/sibai.css", "js/live.js", "js/theme.js", "js/countdown.js"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := string(data)
		for _, bad := range []string{"http:", "https:", "@import", "eval(", ".style."} {
			if strings.Contains(s, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if name == "css/sibai.css" && strings.Contains(s, ": #") {
			t.Errorf("%s has a colour of its own; put it in tokens.css", name)
		}
	}
}
