package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Step is by how many hours a node of BuildStepped believes that somebody set
// the machine's clock.
const Step = 3

// BuildStepped makes the program in dir as Build does, with one thing changed:
// on SIGUSR1 the wall clock that the whole process sees goes Step hours ahead,
// on SIGUSR2 back by as much, as if the machine's clock were set. Nobody else
// on the machine notices. The monotonic clock goes on.
func BuildStepped(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("ask for GOROOT: %w", err)
	}
	main, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "sibai/cmd/sibai").Output()
	if err != nil {
		return "", fmt.Errorf("ask where the program is: %w", err)
	}
	clock := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(clock)
	if err != nil {
		return "", fmt.Errorf("read Go's clock: %w", err)
	}
	const read = "sec, nsec, mono := runtimeNow()\n"
	if n := strings.Count(string(text), "func Now() Time {\n\t"+read); n != 1 {
		return "", fmt.Errorf("time.Now of this Go does not read its clock as this test knows it: see %s", clock)
	}
	stepped := strings.Replace(string(text), "func Now() Time {\n\t"+read, "func Now() Time {\n\t"+read+"\tsec += WallStep.Load()\n", 1)
	stepped = strings.Replace(stepped, "import (\n", "import (\n\t\"sync/atomic\"\n", 1) +
		"\n// WallStep is what is added to the wall clock, in seconds.\nvar WallStep atomic.Int64\n"
	overlay := map[string]map[string]string{"Replace": {}}
	for at, content := range map[string]string{
		clock: stepped,
		filepath.Join(strings.TrimSpace(string(main)), "stepped.go"): fmt.Sprintf(onSignal, Step*3600),
	} {
		file := filepath.Join(dir, "overlay_"+filepath.Base(at))
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return "", err
		}
		overlay["Replace"][at] = file
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return "", err
	}
	return build(ctx, filepath.Join(dir, "sibai-stepped"), "-overlay", file)
}

const onSignal = `package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func init() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range told {
			if s == syscall.SIGUSR1 {
				time.WallStep.Add(%[1]d)
			} else {
				time.WallStep.Add(-%[1]d)
			}
		}
	}()
}
`

// StepClock sets the clock of a node of BuildStepped ahead, or back.
func (n *Node) StepClock(ahead bool) error {
	s := syscall.SIGUSR2
	if ahead {
		s = syscall.SIGUSR1
	}
	return n.cmd.Process.Signal(s)
}
