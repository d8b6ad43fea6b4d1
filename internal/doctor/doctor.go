// Package doctor looks at the machine and the settings before a node starts,
// or while it runs, and says in plain words what is wrong and how to mend it.
// It changes nothing.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sibai/internal/config"
	"sibai/internal/fault"
)

// State is how a finding stands.
type State string

// The states. A Bad finding keeps a node from working; a Look may.
const (
	OK   State = "ok"
	Look State = "look"
	Bad  State = "bad"
)

// Finding is one thing that was looked at.
type Finding struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"`
}

// Examine looks at everything. openStore opens the store for reading and
// closes it again; of the embedded store it is called only where one exists.
func Examine(ctx context.Context, cfg config.Config, openStore func(context.Context) error) []Finding {
	running := answers(ctx, cfg.HTTP.Listen)
	var out []Finding
	out = append(out, ports(cfg, running)...)
	out = append(out, directory(cfg.Data))
	if cfg.Store.URL == "" { // else the disk that matters is the server's
		out = append(out, space(cfg.Data), syncs(cfg.Data))
	}
	out = append(out, clock())
	return append(out, store(ctx, cfg, openStore))
}

// answers says whether a Sibai node serves at an address already.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var body struct{ Build struct{ Go string } }
	return json.NewDecoder(res.Body).Decode(&body) == nil && body.Build.Go != ""
}

func ports(cfg config.Config, running bool) []Finding {
	type address struct{ key, network, addr string }
	list := []address{{"http.listen", "tcp", cfg.HTTP.Listen}}
	if cfg.Admin.Listen != "" {
		list = append(list, address{"admin.listen", "tcp", cfg.Admin.Listen})
	}
	if cfg.API.Listen != "" {
		list = append(list, address{"api.listen", "tcp", cfg.API.Listen})
	}
	for i, text := range cfg.SIP.Listen {
		network, addr, _ := strings.Cut(text, ":")
		list = append(list, address{fmt.Sprintf("sip.listen[%d]", i), network, addr})
	}
	var out []Finding
	for _, a := range list {
		f := Finding{Name: "port " + a.network + " " + a.addr, State: OK, What: "free"}
		if err := try(a.network, a.addr); err != nil {
			switch {
			case running && errors.Is(err, syscall.EADDRINUSE):
				f.What = "in use by the Sibai node that runs here"
			case errors.Is(err, syscall.EADDRINUSE):
				f.State, f.What = Bad, "another program uses it"
				f.Remedy = "stop that program (ss -lnp shows it) or change " + a.key
			case errors.Is(err, syscall.EACCES):
				f.State, f.What = Bad, "this user may not use it"
				f.Remedy = "use a port from 1024 up in " + a.key + ", or allow it: setcap cap_net_bind_service=+ep sibai"
			case errors.Is(err, syscall.EADDRNOTAVAIL):
				f.State, f.What = Bad, "the address is not one of this machine's"
				f.Remedy = "name an address that `ip addr` shows in " + a.key
			default:
				f.State, f.What, f.Remedy = Bad, err.Error(), "check "+a.key
			}
		}
		out = append(out, f)
	}
	return out
}

func try(network, addr string) error {
	if network == "udp" {
		c, err := net.ListenPacket(network, addr)
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return err
	}
	return l.Close()
}

// directory tries to write in the data directory, or in the nearest parent
// that exists.
func directory(dir string) Finding {
	f := Finding{Name: "data directory " + dir, State: OK, What: "can be written"}
	parent := existing(dir)
	probe, err := os.CreateTemp(parent, ".sibai-doctor-*")
	if err != nil {
		f.State, f.What = Bad, "cannot be written: "+err.Error()
		f.Remedy = "give the user that runs Sibai the right to write there, or set data to another directory"
		return f
	}
	_ = probe.Close()           // an empty file
	_ = os.Remove(probe.Name()) // it is a temporary name; a leftover harms nothing
	if parent != dir {
		f.What = "does not exist yet and can be made"
	}
	return f
}

func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

const (
	spaceBad  = 256 << 20
	spaceLook = 2 << 30
)

func space(dir string) Finding {
	free, err := freeBytes(existing(dir))
	if err != nil {
		return Finding{"disk space", Look, "cannot be read: " + err.Error(), "check the disk of the data directory"}
	}
	f := Finding{Name: "disk space", State: OK, What: fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))}
	switch {
	case free < spaceBad:
		f.State, f.Remedy = Bad, "free space or move the data directory: without space no call can be settled"
	case free < spaceLook:
		f.State, f.Remedy = Look, "plan for more: a million calls take about 1 GiB"
	}
	return f
}

// syncs measures how many small writes a second the disk makes durable: every
// batch of charging waits for one.
func syncs(dir string) Finding {
	f := Finding{Name: "disk sync", State: OK}
	probe, err := os.CreateTemp(existing(dir), ".sibai-doctor-*")
	if err != nil {
		f.State, f.What, f.Remedy = Bad, "cannot be measured: "+err.Error(), "make the data directory writable"
		return f
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	block := make([]byte, 4096)
	began, n := time.Now(), 0
	for ; n < 200 && time.Since(began) < time.Second; n++ {
		if _, err = probe.WriteAt(block, int64(n)*4096); err == nil {
			err = probe.Sync()
		}
		if err != nil {
			f.State, f.What, f.Remedy = Bad, "failed: "+err.Error(), "check the disk: what charging writes must survive power loss"
			return f
		}
	}
	rate := float64(n) / time.Since(began).Seconds()
	f.What = fmt.Sprintf("%.0f syncs a second", rate)
	if rate < 100 {
		f.State, f.Remedy = Look, "a call waits for a sync before it rings and one after it ends: use an SSD for the data directory"
	}
	return f
}

func clock() Finding {
	f := Finding{Name: "clock", State: OK, What: time.Now().Format(time.RFC3339)}
	if time.Now().Year() < 2026 {
		f.State, f.Remedy = Bad, "set the clock: tariffs and CDRs follow it"
		return f
	}
	synced, known := clockSynced()
	switch {
	case known && synced:
		f.What += ", synchronised"
	case known:
		f.State, f.What = Look, f.What+", not synchronised"
		f.Remedy = "run chrony or systemd-timesyncd: carriers compare CDRs by the second"
	}
	return f
}

// Spool says how the spool of the data directory stands: how many calls wait
// in it, since when the oldest does, and how many of its bytes are damaged.
func Spool(calls int, oldest time.Time, damaged int, err error) Finding {
	f := Finding{Name: "spool", State: OK, What: "empty"}
	switch {
	case err != nil:
		f.State, f.What, f.Remedy = Bad, err.Error(), "make the data directory readable for the user that runs Sibai"
	case damaged > 0:
		f.State, f.What = Look, fmt.Sprintf("%d bytes are damaged; %d calls can be read", damaged, calls)
		f.Remedy = "check the disk; the next start keeps what can be read and sets the damaged file aside"
	case calls > 0:
		f.State, f.What = Look, fmt.Sprintf("%d calls wait for the store, the oldest since %s", calls, oldest.Format(time.RFC3339))
		f.Remedy = "bring the store back, and start the node if it does not run: it books them; sibai spool lists them"
	}
	return f
}

func store(ctx context.Context, cfg config.Config, open func(context.Context) error) Finding {
	f := Finding{Name: "store", State: OK, What: "opens, and its schema is this program's"}
	const empty = "not made yet; `sibai serve` or `sibai apply` makes it"
	remedy := "restore the data directory from a backup"
	if cfg.Store.URL != "" {
		f.Name, remedy = "store "+cfg.Store.Shown(), "check the server and store.url"
	} else if _, err := os.Stat(cfg.Database()); errors.Is(err, os.ErrNotExist) {
		f.What = empty
		return f
	}
	if err := open(ctx); err != nil {
		if cfg.Store.URL != "" && fault.CodeOf(err) == fault.StoreMissing {
			f.What = "the server answers and is safe; " + empty
			return f
		}
		f.State, f.What, f.Remedy = Bad, err.Error(), remedy
		var known *fault.Error
		if errors.As(err, &known) {
			f.What, f.Remedy = known.Text(fault.English), known.Remedy(fault.English)
		}
	}
	return f
}
