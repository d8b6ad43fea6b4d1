package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/site"
)

// maxSite bounds a site file, in bytes.
const maxSite = 64 << 20

// socketPath is where the node of a data directory listens for its own
// commands. The path of a Unix socket may have 107 bytes, so a deep data
// directory gets one in the directory for temporary files.
func socketPath(data string) string {
	abs, err := filepath.Abs(data)
	if err != nil {
		abs = data
	}
	path := filepath.Join(abs, "control.sock")
	if len(path) <= 100 {
		return path
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(os.TempDir(), "sibai-"+hex.EncodeToString(sum[:8])+".sock")
}

// control serves the commands of the same user on this machine, who may read
// the data directory anyway.
func (n *Node) control() error {
	path := socketPath(n.cfg.Data)
	// The data directory is locked by now: what is there is a dead process's.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the old control socket %s: %w", path, err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("open the control socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("protect the control socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apply", n.handleApply)
	mux.HandleFunc("POST /order", n.handleOrder)
	mux.HandleFunc("POST /keys", n.handleKeys)
	mux.HandleFunc("POST /realname", n.handleRealName)
	n.run(listener, mux)
	return nil
}

// applied is what the node answers to /apply.
type applied struct {
	Changes []site.Change
	Invalid *fault.Invalid `json:",omitempty"`
	Faults  []known        `json:",omitempty"`
	Error   string         `json:",omitempty"` // an error that has no code
}

// known is a fault on its way over the socket; the command says it in its
// user's language.
type known struct {
	Kind   fault.Kind
	Code   fault.Code
	Params fault.Params
	Where  string
}

func refused(err error) applied {
	var (
		a       applied
		invalid *fault.Invalid
		one     *fault.Error
	)
	if errors.As(err, &invalid) {
		return applied{Invalid: invalid}
	}
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, e := range list {
		if !errors.As(e, &one) {
			return applied{Error: err.Error()}
		}
		a.Faults = append(a.Faults, known{one.Kind, one.Code, one.Params, one.Where})
	}
	return a
}

func (a applied) err() error {
	switch {
	case a.Invalid != nil:
		return a.Invalid
	case a.Error != "":
		return errors.New(a.Error)
	}
	var list []error
	for _, k := range a.Faults {
		list = append(list, &fault.Error{Kind: k.Kind, Code: k.Code, Params: k.Params, Where: k.Where})
	}
	return errors.Join(list...)
}

func (n *Node) handleApply(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSite))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, refused(err))
		return
	}
	q := r.URL.Query()
	changes, err := applySite(r.Context(), n.cfg, n.store, n.charging, n.ids, q.Get("file"), text, q.Get("dry") == "1")
	if err == nil && q.Get("dry") != "1" {
		if err = n.dir.Refresh(r.Context()); err != nil {
			err = fmt.Errorf("it is applied, but the node could not read it back: %w", err)
		}
	}
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, refused(err))
		return
	}
	answer(w, http.StatusOK, applied{Changes: changes})
}

// applyByNode asks the node that serves the data directory; served is false
// when none does.
func applyByNode(ctx context.Context, cfg config.Config, file string, text []byte, dryRun bool) (changes []site.Change, served bool, err error) {
	client := nodeOf(cfg)
	if client == nil {
		return nil, false, nil
	}
	q := url.Values{"file": {file}}
	if dryRun {
		q.Set("dry", "1")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/apply?"+q.Encode(), bytes.NewReader(text))
	if err != nil {
		return nil, true, fmt.Errorf("ask the running node: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, true, fmt.Errorf("ask the running node: %w", err)
	}
	defer res.Body.Close()
	var body applied
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return nil, true, fmt.Errorf("read the running node's answer: %w", err)
	}
	return body.Changes, true, body.err()
}

// nodeOf reaches the node that serves the data directory; nil when none does.
func nodeOf(cfg config.Config) *http.Client {
	path := socketPath(cfg.Data)
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return nil // nobody listens: no node, or one that died
	}
	_ = conn.Close() // it was only a knock
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

// run serves HTTP on a listener until the node stops.
func (n *Node) run(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: behind(proxies(n.cfg), handler), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelWarn)}
	n.servers = append(n.servers, server)
	n.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("an HTTP server ended", "address", listener.Addr().String(), "error", err)
		}
	})
}
