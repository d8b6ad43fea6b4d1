package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Node is a running `sibai serve`.
type Node struct {
	in     *Installation
	cmd    *exec.Cmd
	exited chan struct{} // closed once cmd has ended and was waited for
}

// Serve starts the node; it returns once the node takes calls. The caller must
// Stop or Kill it. A later node of the same installation adds to its log.
func (in *Installation) Serve(ctx context.Context) (*Node, error) {
	log, err := os.OpenFile(in.file("node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the node's log: %w", err)
	}
	defer log.Close() // the node has its own descriptor
	n := &Node{in: in, exited: make(chan struct{})}
	n.cmd = exec.Command(in.Program, "serve", "--config", in.file("sibai.yaml"))
	n.cmd.Stdout, n.cmd.Stderr = log, log
	if err := n.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	go func() {
		_ = n.cmd.Wait() // how it ended is in ProcessState
		close(n.exited)
	}()
	if err := n.untilReady(ctx); err != nil {
		n.Kill()
		return nil, fmt.Errorf("start the node: %w", err)
	}
	return n, nil
}

func (n *Node) untilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyBound)
	defer cancel()
	return n.in.poll(ctx, "the node takes calls", func() (bool, error) {
		select {
		case <-n.exited:
			return false, fmt.Errorf("it ended with %s", n.cmd.ProcessState)
		default:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.in.Admin.String()+"/readyz", http.NoBody)
		if err != nil {
			return false, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		return res.StatusCode == http.StatusOK, res.Body.Close()
	})
}

// Pid is the process's number, for those who measure it.
func (n *Node) Pid() int { return n.cmd.Process.Pid }

// Stop asks the node to end (SIGTERM) and waits until it has. An exit status
// other than 0 is an error.
func (n *Node) Stop(ctx context.Context) error {
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-n.exited:
	case <-ctx.Done():
		n.Kill()
		return fmt.Errorf("the node did not stop: %w\n%s", ctx.Err(), n.in.Log())
	}
	if code := n.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the node ended with %s\n%s", n.cmd.ProcessState, n.in.Log())
	}
	return nil
}

// Kill ends the node as a crash would (SIGKILL).
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill() // it may have ended already
	<-n.exited
}

// Entry is a line of the node's log.
type Entry struct {
	Level   string `json:"level"`
	Message string `json:"msg"`
	// Of a line "call", which is written once its CDR is durable:
	Call      string `json:"call"`
	SIPCallID string `json:"sip_call_id"`
	Cause     string `json:"cause"`
	Charge    int64  `json:"charge_micro"`
	Recovered bool   `json:"recovered"`
}

// Log is the end of what the nodes of this installation said.
func (in *Installation) Log() string {
	text, err := os.ReadFile(in.file("node.log"))
	if err != nil {
		return err.Error()
	}
	const enough = 8000
	return string(text[max(0, len(text)-enough):])
}

// Entries reads the log of all nodes of this installation. A line that is not
// JSON, such as a panic, is an error; half a line at the end is left out, since
// a killed node may leave one.
func (in *Installation) Entries() ([]Entry, error) {
	text, err := os.ReadFile(in.file("node.log"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the node's log: %w", err)
	}
	var entries []Entry
	lines := bufio.NewScanner(bytes.NewReader(text[:bytes.LastIndexByte(text, '\n')+1]))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("a line of the node's log is not JSON: %s", lines.Text())
		}
		entries = append(entries, e)
	}
	return entries, lines.Err()
}

// Acknowledged lists the log's lines of calls whose CDR the node said to be
// durable.
func (in *Installation) Acknowledged() ([]Entry, error) {
	entries, err := in.Entries()
	var calls []Entry
	for _, e := range entries {
		if e.Message == "call" {
			calls = append(calls, e)
		}
	}
	return calls, err
}

// AwaitCalls waits until the log has n calls.
func (in *Installation) AwaitCalls(ctx context.Context, n int) error {
	return in.poll(ctx, fmt.Sprintf("%d calls are settled", n), func() (bool, error) {
		calls, err := in.Acknowledged()
		return len(calls) >= n, err
	})
}

// poll is Poll that says what was waited for, and what the nodes said.
func (in *Installation) poll(ctx context.Context, what string, so func() (bool, error)) error {
	if err := Poll(ctx, so); err != nil {
		return fmt.Errorf("waiting until %s: %w\n%s", what, err, in.Log())
	}
	return nil
}

// Poll asks until something is so, fails, or ctx ends. The programs tell of
// what they do in files and over HTTP only, so there is nothing to be woken by.
func Poll(ctx context.Context, so func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := so()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
