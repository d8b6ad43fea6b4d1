package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// scanBound is how long a scan may take.
const scanBound = 30 * time.Second

// Command is a malware scanner and its arguments. It gets the file on its
// standard input and ends with status 0 for a clean file and 1 for one that is
// not, as clamdscan does. It implements vault.Scanner.
type Command []string

// Scan runs the command.
func (c Command) Scan(ctx context.Context, data []byte) (clean bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, scanBound)
	defer cancel()
	run := exec.CommandContext(ctx, c[0], c[1:]...)
	var said bytes.Buffer
	run.Stdin, run.Stderr, run.WaitDelay = bytes.NewReader(data), &said, time.Second
	err = run.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, fmt.Errorf("%s: %w", c[0], ctx.Err())
	case errors.As(err, &ended) && ended.ExitCode() == 1:
		return false, nil
	}
	return false, fmt.Errorf("%s: %w %s", c[0], err, strings.TrimSpace(said.String()))
}
