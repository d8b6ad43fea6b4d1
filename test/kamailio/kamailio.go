package kamailio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sibai/test/parts"
)

// Options say what a Kamailio is told.
type Options struct {
	Config  string         // path of the configuration
	Dir     string         // an empty folder for what it writes
	Gateway netip.AddrPort // where it sends calls
	API     netip.AddrPort // Sibai's
	Key     string
}

// Process is a running Kamailio.
type Process struct {
	cmd    *exec.Cmd
	log    string
	addr   netip.AddrPort
	exited chan struct{} // closed once cmd has ended and was waited for
}

// Start starts Kamailio; it returns once it serves. The caller must Stop it.
func Start(ctx context.Context, o Options) (*Process, error) {
	path, err := parts.Find("kamailio")
	if err != nil {
		return nil, err
	}
	p := &Process{log: filepath.Join(o.Dir, "kamailio.log"), exited: make(chan struct{})}
	if p.addr, err = parts.FreePort(netip.MustParseAddr("127.0.0.1")); err != nil {
		return nil, err
	}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own descriptor
	p.cmd = exec.Command(path, "-DD", "-E", "-m", "32", "-M", "8", "-f", o.Config, "-Y", o.Dir, "-w", o.Dir,
		"-A", fmt.Sprintf("LISTEN=udp:%s", p.addr), "-A", fmt.Sprintf("GATEWAY=\"sip:%s\"", o.Gateway),
		"-A", fmt.Sprintf("SIBAI_API=\"http://%s/api/v1\"", o.API), "-A", fmt.Sprintf("SIBAI_KEY=\"%s\"", o.Key))
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its workers go with it
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start kamailio: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.exited)
	}()
	if err := p.untilServing(ctx); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w\n%s", err, p.Log())
	}
	return p, nil
}

// untilServing waits until Kamailio has its socket: the kernel shows it.
func (p *Process) untilServing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	want := fmt.Appendf(nil, "0100007F:%04X", p.addr.Port())
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		sockets, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			return err
		}
		if bytes.Contains(sockets, want) {
			return nil
		}
		select {
		case <-p.exited:
			return errors.New("kamailio ended at its start")
		case <-ctx.Done():
			return fmt.Errorf("kamailio does not listen: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// Addr is where Kamailio takes calls.
func (p *Process) Addr() netip.AddrPort { return p.addr }

// Log is what it said, without what it says of its modules.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "INFO:") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Stop ends Kamailio and its workers. Stopping twice is safe.
func (p *Process) Stop() {
	select {
	case <-p.exited:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) // it may have ended already
	select {
	case <-p.exited:
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.exited
	}
}
