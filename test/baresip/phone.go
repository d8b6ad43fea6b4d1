package baresip

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

	"sibai/internal/siptest"
	"sibai/test/parts"
)

// modules is where Debian keeps baresip's modules.
const modules = "/usr/lib/baresip/modules"

// soundFor is how long the phone has something to say in one call, in seconds.
const soundFor = 60

// tries is how often ports are chosen before a start is given up.
const tries = 20

// errPortTaken says that somebody else has one of the phone's ports.
var errPortTaken = errors.New("a port was taken meanwhile")

// Phone is a running baresip.
type Phone struct {
	dir    string
	addr   netip.AddrPort
	cmd    *exec.Cmd
	log    *os.File
	exited chan struct{} // closed once cmd has ended and was waited for
}

// Start runs a phone that answers calls to number, on loopback, with its files
// in dir, which must be empty. It returns once the phone listens. The caller
// must Stop it.
func Start(ctx context.Context, dir, number string) (*Phone, error) {
	path, err := parts.Find("baresip")
	if err != nil {
		return nil, err
	}
	// Its ports are free when they are chosen, and may be gone when it takes
	// them: then it ends at once, and starts anew with others.
	for try := 1; ; try++ {
		p, err := start(ctx, path, dir, number)
		if err == nil || try == tries || !errors.Is(err, errPortTaken) {
			return p, err
		}
	}
}

// start runs a phone once.
func start(ctx context.Context, path, dir, number string) (*Phone, error) {
	p := &Phone{dir: dir, exited: make(chan struct{})}
	if err := p.prepare(number); err != nil {
		return nil, err
	}
	var err error
	if p.log, err = os.Create(p.file("baresip.log")); err != nil {
		return nil, fmt.Errorf("make baresip's log: %w", err)
	}
	p.cmd = exec.Command(path, "-f", dir, "-v")
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.log, p.log
	if err := p.cmd.Start(); err != nil {
		_ = p.log.Close() // nothing was written
		return nil, fmt.Errorf("start baresip: %w", err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.exited)
	}()
	if err := p.untilReady(ctx); err != nil {
		p.Stop()
		log := p.Log()
		if strings.Contains(log, "Address already in use") {
			err = fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return nil, fmt.Errorf("start baresip: %w\n%s", err, log)
	}
	return p, nil
}

// prepare writes the phone's configuration.
func (p *Phone) prepare(number string) error {
	home := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	var err error
	if p.addr, err = sipPort(home); err != nil {
		return err
	}

	// aubridge with nobody at its other end takes the sound as a loudspeaker
	// would; sndfile writes it down on its way there.
	config := fmt.Sprintf(`poll_method epoll
sip_listen %s
net_interface 127.0.0.1
call_max_calls 8
audio_source aufile,%s
audio_player aubridge,nobody
audio_alert aubridge,nobody
snd_path %s
module_path %s
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
`, p.addr, p.file("sound.wav"), p.dir, modules)
	account := fmt.Sprintf("<sip:%s@%s>;regint=0;answermode=auto;audio_codecs=pcma\n", number, p.addr)
	for name, text := range map[string]string{"config": config, "accounts": account, "contacts": ""} {
		if err := os.WriteFile(p.file(name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("configure baresip: %w", err)
		}
	}
	return writeWave(p.file("sound.wav"), siptest.PhoneSound(), soundFor)
}

// sipPort finds a port for SIP. Over TLS baresip listens on the port after it,
// and there is no setting that keeps it from doing so: that one is taken, too.
func sipPort(home netip.Addr) (netip.AddrPort, error) {
	addr, err := parts.FreePort(home)
	for range tries {
		if err != nil {
			return netip.AddrPort{}, err
		}
		var next netip.AddrPort
		if next, err = parts.FreePort(home); next.Port() == addr.Port()+1 {
			return addr, nil
		}
		addr = next
	}
	return netip.AddrPort{}, fmt.Errorf("no two free ports in a row were found in %d tries", tries)
}

// untilReady waits until baresip says that it is: then the account was read,
// and every socket is open.
func (p *Phone) untilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if strings.Contains(p.Log(), "baresip is ready") {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("it ended with %s", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("it did not get ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func (p *Phone) file(name string) string { return filepath.Join(p.dir, name) }

// Addr is where the phone is called.
func (p *Phone) Addr() netip.AddrPort { return p.addr }

// Log is what baresip said so far.
func (p *Phone) Log() string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Stop ends the phone, and with it any call; stopping twice is safe.
func (p *Phone) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	grace := time.NewTimer(5 * time.Second)
	defer grace.Stop()
	select {
	case <-p.exited:
	case <-grace.C:
		_ = p.cmd.Process.Kill() // as above
		<-p.exited
	}
	_ = p.log.Close() // baresip has its own descriptor
}

// Heard is what the phone heard in all its calls.
type Heard struct {
	Samples int // at 8,000 a second
	Caller  int // of them, those that are the sound of siptest's callers
}

// Heard reads what the phone wrote down; it is complete once the calls are
// over and the phone was stopped.
func (p *Phone) Heard() (Heard, error) {
	files, err := filepath.Glob(p.file("dump-*-dec.wav"))
	if err != nil {
		return Heard{}, fmt.Errorf("list what was heard: %w", err)
	}
	sound := siptest.CallerSound()
	if !bytes.Equal(sound[:len(sound)-2], sound[2:]) {
		return Heard{}, fmt.Errorf("the callers' sound has no period of two samples any more")
	}
	high, low := linear(sound[0]), linear(sound[1])
	var heard Heard
	for _, file := range files {
		samples, err := readWave(file)
		if err != nil {
			return Heard{}, err
		}
		heard.Samples += len(samples)
		for i := 1; i < len(samples); i++ {
			a, b := samples[i-1], samples[i]
			if (a == high && b == low) || (a == low && b == high) {
				heard.Caller++
			}
		}
	}
	return heard, nil
}
