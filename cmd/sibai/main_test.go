package main

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sibai/internal/calendar"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"sibai": main}) }

// TestScripts plays the command line as a person would; the scripts lie in
// testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/site.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			// A port that another program uses, as long as the script runs.
			taken, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Defer(func() { _ = taken.Close() })
			e.Setenv("TAKEN", taken.LocalAddr().String())
			e.Setenv("TODAY", calendar.Day(time.Now()))
			e.Setenv("SIBAI_HTTP_LISTEN", "127.0.0.1:0")
			e.Setenv("SIBAI_ADMIN_LISTEN", "")
			e.Setenv("SIBAI_SIP_LISTEN", "udp:127.0.0.1:0")
			e.Setenv("SIBAI_DATA", e.WorkDir+"/data")
			return os.WriteFile(e.WorkDir+"/example.yaml", example, 0o600)
		},
	})
}
