package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The rooms of the house, lowest first. A package may import packages of its
// own room only where peers says so, and of any room below; never above.
// docs/architecture.md shows the same as a picture.
var rooms = []struct {
	name     string
	peers    bool // packages of the room may import one another
	pure     bool // the standard library and rooms below only; no I/O
	packages []string
}{
	{"base", true, true, []string{"money", "phone", "fault", "id", "calendar", "build"}},
	{"domain", true, true, []string{"ledger", "tariff", "catalog", "number", "routing", "cdr"}},
	{"services", true, false, []string{"charging", "billing", "call", "directory", "site", "explain", "config", "doctor", "whatif", "statement", "remote", "apikey", "idempotency", "limit", "passkey", "inventory", "shelf", "payment", "reconcile", "order", "vault", "realname", "chat", "notify", "identity", "tasks", "target", "claim", "webhook"}},
	{"adapters and faces", false, false, []string{"store", "sip", "web", "api", "pay", "contract", "blob", "carrier", "mail", "sms", "oidc"}},
	{"peers for tests and the demo", false, false, []string{"siptest"}},
	{"wiring", true, false, []string{"app", "demo", "bench"}},
}

// Standard packages that do I/O, tell the time's passing or log: closed to
// the pure rooms.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "database/sql", "context", "io/fs", "os/exec"}

type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

func TestImportsPointDownward(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports", "sibai/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	level := map[string]int{}
	for i, room := range rooms {
		for _, name := range room.packages {
			level[name] = i
		}
	}
	external := map[string]bool{}
	var ours []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.ImportPath, "sibai/internal/") {
			ours = append(ours, p)
		} else if !p.Standard {
			external[p.ImportPath] = true
		}
	}
	for _, p := range ours {
		from := roomOf(p.ImportPath)
		if from == "web" && strings.HasSuffix(p.ImportPath, "/gen") {
			continue
		}
		high, ok := level[from]
		if !ok {
			t.Errorf("%s stands in no room: add %s to one in arch_test.go", p.ImportPath, from)
			continue
		}
		for _, banned := range []string{"models", "utils", "common", "helpers", "types"} {
			if p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:] == banned {
				t.Errorf("%s: %s names no purpose", p.ImportPath, banned)
			}
		}
		tool := strings.HasSuffix(p.ImportPath, "/gen") // generators run at build time only
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, "sibai/") {
				if rooms[high].pure && !tool && (external[imported] || slices.Contains(impure, imported)) {
					t.Errorf("%s is pure and must not import %s", p.ImportPath, imported)
				}
				continue
			}
			to := roomOf(imported)
			low, ok := level[to]
			switch {
			case !ok, to == from:
			case low > high:
				t.Errorf("%s (%s) imports %s (%s): imports point downward only", p.ImportPath, rooms[high].name, imported, rooms[low].name)
			case low == high && !rooms[high].peers:
				t.Errorf("%s imports %s: %s never import one another", p.ImportPath, imported, rooms[high].name)
			}
		}
	}
	if len(ours) < 15 {
		t.Errorf("only %d packages seen", len(ours))
	}
}

// roomOf is the first folder below internal.
func roomOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "sibai/internal/"), "/")
	return name
}
