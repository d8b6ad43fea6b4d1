package sipp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sibai/test/parts"
)

// Options say what SIPp plays. Phones need Scenario and Dir, callers Remote and
// Inject too.
type Options struct {
	Scenario Scenario
	Dir      string         // an empty folder for the files of this run
	Local    netip.AddrPort // where it sends from; a zero address is 127.0.0.1, a zero port a free one
	Remote   netip.AddrPort // callers: where the INVITEs go
	Inject   []Numbers      // callers: who calls what, round and round
	Calls    int            // callers: how many calls; 0 takes one
	Rate     int            // callers: calls begun in a second; 0 takes 10
	AtOnce   int            // callers: most calls at once; 0 takes 10,000
	Pause    time.Duration  // what the scenario says, in whole milliseconds
	Lost     int            // percent of messages lost, each way
	Patience time.Duration  // how long an answer is waited for before the call fails; 0: for ever
}

// Numbers is one line that callers are injected with.
type Numbers struct{ Number, Caller string }

// Process is a running SIPp.
type Process struct {
	o      Options
	cmd    *exec.Cmd
	addr   netip.AddrPort
	exited chan struct{} // closed once cmd has ended and was waited for
}

// bindTries is how often another port is tried: between finding a free port
// and SIPp's opening it, somebody else may.
const bindTries = 5

// Start runs SIPp; it returns once SIPp listens. The caller must Stop, Wait
// or Kill it.
func Start(ctx context.Context, o Options) (*Process, error) {
	path, err := parts.Find("sipp")
	if err != nil {
		return nil, err
	}
	if !o.Local.Addr().IsValid() {
		o.Local = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), o.Local.Port())
	}
	for try := 1; ; try++ {
		p, err := start(ctx, path, o)
		if err == nil {
			return p, nil
		}
		if try == bindTries || ctx.Err() != nil || o.Local.Port() != 0 {
			return nil, err
		}
	}
}

func start(ctx context.Context, path string, o Options) (*Process, error) {
	p := &Process{o: o, exited: make(chan struct{})}
	args, err := p.prepare()
	if err != nil {
		return nil, err
	}
	// Not CommandContext: a SIPp that is killed at once counts nothing.
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir = o.Dir
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start SIPp: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // its status is in ProcessState
		close(p.exited)
	}()
	if err := p.untilListening(ctx); err != nil {
		p.kill()
		return nil, fmt.Errorf("start SIPp with %s: %w\n%s", o.Scenario, err, p.Errors())
	}
	return p, nil
}

// prepare writes the files that SIPp reads and returns its arguments.
func (p *Process) prepare() ([]string, error) {
	text, err := scenarios.ReadFile(string(p.o.Scenario) + ".xml")
	if err != nil {
		return nil, fmt.Errorf("no scenario is called %q", p.o.Scenario)
	}
	if err := os.WriteFile(p.file("scenario.xml"), text, 0o600); err != nil {
		return nil, fmt.Errorf("write the scenario: %w", err)
	}
	if p.addr, err = freePort(p.o.Local); err != nil {
		return nil, err
	}
	ip := p.addr.Addr().String()
	args := []string{
		"-sf", p.file("scenario.xml"), "-nostdin", "-i", ip, "-mi", ip, "-p", strconv.Itoa(int(p.addr.Port())),
		"-trace_stat", "-stf", p.file("stats.csv"), "-fd", "1",
		"-trace_err", "-error_file", p.file("errors.log"), "-trace_logs", "-log_file", p.file("calls.log"),
		"-d", strconv.FormatInt(p.o.Pause.Milliseconds(), 10),
	}
	if p.o.Lost > 0 {
		args = append(args, "-lost", strconv.Itoa(p.o.Lost))
	}
	if p.o.Patience > 0 {
		args = append(args, "-recv_timeout", strconv.FormatInt(p.o.Patience.Milliseconds(), 10))
	}
	if !p.o.Remote.IsValid() {
		return args, nil
	}
	var lines strings.Builder
	lines.WriteString("SEQUENTIAL\n")
	for _, n := range p.o.Inject {
		fmt.Fprintf(&lines, "%s;%s;\n", n.Number, n.Caller)
	}
	if err := os.WriteFile(p.file("inject.csv"), []byte(lines.String()), 0o600); err != nil {
		return nil, fmt.Errorf("write the numbers: %w", err)
	}
	or := func(v, fallback int) string {
		if v == 0 {
			v = fallback
		}
		return strconv.Itoa(v)
	}
	return append(args, "-inf", p.file("inject.csv"), "-m", or(p.o.Calls, 1), "-r", or(p.o.Rate, 10),
		"-l", or(p.o.AtOnce, 10_000), p.o.Remote.String()), nil
}

// freePort finds a free UDP port where the address names none.
func freePort(local netip.AddrPort) (netip.AddrPort, error) {
	if local.Port() != 0 {
		return local, nil
	}
	return parts.FreePort(local.Addr())
}

// untilListening waits until SIPp has its socket, which Linux lists in
// /proc/net/udp.
func (p *Process) untilListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ip := p.addr.Addr().As4()
	row := fmt.Sprintf(" %02X%02X%02X%02X:%04X ", ip[3], ip[2], ip[1], ip[0], p.addr.Port())
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		table, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			return fmt.Errorf("see whether it listens: %w", err)
		}
		if bytes.Contains(table, []byte(row)) {
			return nil
		}
		select {
		case <-p.exited:
			if p.o.Remote.IsValid() && p.cmd.ProcessState.ExitCode() == 0 {
				return nil // its calls are over already
			}
			return fmt.Errorf("it ended with %s", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("it did not listen on %s: %w", p.addr, ctx.Err())
		case <-tick.C:
		}
	}
}

func (p *Process) file(name string) string { return filepath.Join(p.o.Dir, name) }

// Addr is where this SIPp sends from and listens.
func (p *Process) Addr() netip.AddrPort { return p.addr }

// Pid is the process's number, for those who measure it.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Stats is what was counted so far, at most about a second old; once SIPp has
// ended it is the whole count.
func (p *Process) Stats() (Stats, error) { return readStats(p.file("stats.csv")) }

// Logged returns the Call-IDs to which something happened, as the scenario's
// log says it: called, answered, ended, refused, cancelled.
func (p *Process) Logged(what string) ([]string, error) { return readLog(p.file("calls.log"), what) }

// Errors is what SIPp complained about: each message that it did not expect.
func (p *Process) Errors() string {
	text, err := os.ReadFile(p.file("errors.log"))
	if err != nil {
		return "" // SIPp makes it when there is something to say
	}
	const enough = 4000
	if len(text) > enough {
		text = append(text[:enough:enough], "…"...)
	}
	return string(text)
}

// Wait waits for a caller's calls to be over. When ctx ends before, SIPp is
// killed, and the error says so. Calls that failed are no error: Stats has
// them.
func (p *Process) Wait(ctx context.Context) (Stats, error) {
	select {
	case <-p.exited:
		return p.end(nil)
	case <-ctx.Done():
		p.kill()
		return p.end(fmt.Errorf("SIPp did not finish %s: %w", p.o.Scenario, ctx.Err()))
	}
}

// stopGrace is how long a SIPp may take to end its calls after it was asked.
const stopGrace = 8 * time.Second

// Stop ends SIPp and returns what it counted; stopping twice is safe. Calls
// that run get stopGrace to end.
func (p *Process) Stop() (Stats, error) {
	select {
	case <-p.exited:
		return p.end(nil)
	default:
	}
	// SIGUSR1 is SIPp's "end when no call is left"; a second one ends it now.
	_ = p.cmd.Process.Signal(syscall.SIGUSR1) // it may have ended just now
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.exited:
	case <-grace.C:
		_ = p.cmd.Process.Signal(syscall.SIGUSR1)
		last := time.NewTimer(stopGrace)
		defer last.Stop()
		select {
		case <-p.exited:
		case <-last.C:
			p.kill()
		}
	}
	return p.end(nil)
}

// Kill ends SIPp at once, as a machine that lost its power. What it counted
// in its last second is lost.
func (p *Process) Kill() (Stats, error) {
	p.kill()
	return p.end(nil)
}

func (p *Process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended just now
	<-p.exited
}

// end reads what was counted. Calls that failed are no error here.
func (p *Process) end(why error) (Stats, error) {
	stats, err := p.Stats()
	return stats, errors.Join(why, err)
}

// Run plays a caller's calls and waits for them. Calls that did not go as the
// scenario says are an error that quotes what SIPp says of them.
func Run(ctx context.Context, o Options) (Stats, error) {
	p, err := Start(ctx, o)
	if err != nil {
		return Stats{}, err
	}
	stats, err := p.Wait(ctx)
	if want := max(1, o.Calls); err == nil && stats.Success != want {
		err = fmt.Errorf("%d of %d calls of %s went as they should: %+v", stats.Success, want, o.Scenario, stats)
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, p.Errors())
	}
	return stats, err
}
