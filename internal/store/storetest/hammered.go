package storetest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
)

// Hammered runs this test binary again with one more variable in its
// environment, on which its TestMain calls Hammer. When at least so many
// operations were acknowledged it calls then, which must end the process sooner
// or later. It returns all acknowledgements.
func Hammered(t testing.TB, env string, atLeast int, then func(*os.Process) error) []byte {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acks bytes.Buffer
	buf := make([]byte, 1<<16)
	reached, count := false, 0
	done := make(chan error, 1) // then may take its time: acknowledgements go on
	for {
		n, err := out.Read(buf)
		acks.Write(buf[:n])
		count += bytes.Count(buf[:n], []byte("\n"))
		if count >= atLeast && !reached {
			reached = true
			go func() { done <- then(cmd.Process) }()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait() // killed, it has no good status
	if !reached {
		t.Errorf("the process ended after %d acknowledgements", count)
	} else if err := <-done; err != nil {
		t.Error(err)
	}
	if stderr.Len() > 0 {
		t.Fatalf("the process failed: %s", &stderr)
	}
	return acks.Bytes()
}
