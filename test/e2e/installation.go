package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sibai/internal/app"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/config"
	"sibai/test/parts"
)

// Build makes the program in dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	return build(ctx, filepath.Join(dir, "sibai"))
}

func build(ctx context.Context, path string, flags ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", path}, flags...), "sibai/cmd/sibai")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build sibai: %w\n%s", err, out)
	}
	return path, nil
}

// Installation is a folder with everything that one node needs: settings,
// data directory, log.
type Installation struct {
	Program string // path of sibai
	Dir     string
	SIP     netip.AddrPort // UDP and TCP
	HTTP    netip.AddrPort
	Admin   netip.AddrPort
}

// Install writes the settings of an installation into dir: free ports on
// loopback, a log in JSON, and whatever more says, in YAML.
func Install(program, dir, more string) (*Installation, error) {
	return InstallNode(program, dir, 1, more)
}

// InstallNode is Install for one of several nodes that share a store.
func InstallNode(program, dir string, node int, more string) (*Installation, error) {
	in := &Installation{Program: program, Dir: dir}
	for _, port := range []*netip.AddrPort{&in.SIP, &in.HTTP, &in.Admin} {
		free, err := parts.FreePort(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
		if err != nil {
			return nil, err
		}
		*port = free
	}
	text := fmt.Sprintf(`node: %d
data: %s
http: {listen: %q}
admin: {listen: %q}
sip: {listen: ["udp:%s", "tcp:%s"]}
log: {level: info, format: json}
%s
`, node, in.file("data"), in.HTTP, in.Admin, in.SIP, in.SIP, more)
	if err := os.WriteFile(in.file("sibai.yaml"), []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	return in, nil
}

func (in *Installation) file(name string) string { return filepath.Join(in.Dir, name) }

// Run runs one command of the program to its end and returns what it printed.
func (in *Installation) Run(ctx context.Context, args ...string) ([]byte, error) {
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, in.Program, append(args, "--config", in.file("sibai.yaml"))...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("sibai %s: %w\n%s%s", strings.Join(args, " "), err, out.Bytes(), problems.Bytes())
	}
	return out.Bytes(), nil
}

// Apply makes the installation as a site file describes it.
func (in *Installation) Apply(ctx context.Context, site string) error {
	if err := os.WriteFile(in.file("site.yaml"), []byte(site), 0o600); err != nil {
		return fmt.Errorf("write the site file: %w", err)
	}
	_, err := in.Run(ctx, "apply", "-f", in.file("site.yaml"))
	return err
}

// Audit asks the program whether the books are right. Books that are wrong are
// an error, too.
func (in *Installation) Audit(ctx context.Context) (*charging.Report, error) {
	out, err := in.Run(ctx, "audit", "--json")
	if err != nil {
		return nil, err
	}
	var r charging.Report
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	if len(r.Checks) == 0 || !r.OK() {
		return nil, fmt.Errorf("the books are not right: %s", out)
	}
	return &r, nil
}

// Calls lists every CDR of the store, the latest first. It may be asked while
// a node serves.
func (in *Installation) Calls(ctx context.Context) ([]cdr.Record, error) {
	cfg, err := config.Load(in.file("sibai.yaml"), nil, nil)
	if err != nil {
		return nil, err
	}
	store, err := app.ReadStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	calls, err := store.Money.CDRs(ctx, charging.CDRFilter{Limit: charging.MaxCDRs})
	return calls, errors.Join(err, store.Close())
}

// readyBound is how long a node may take to its start.
const readyBound = 30 * time.Second
