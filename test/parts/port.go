package parts

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// The ports that FreePort gives lie below those that the system gives to
// sockets that name none, so that no such socket takes one between its choice
// and its use. They are dealt out to processes in blocks, so that no other test
// takes one either.
const (
	firstPort  = 12_000
	blockPorts = 100
	blocks     = 200
)

// ports are the blocks of this process. Its lock files stay open until it
// ends, which gives the blocks back.
var ports struct {
	sync.Mutex
	locks  []*os.File
	blocks []int
	next   int // counts ports given
}

// FreePort finds a port that is free for UDP and TCP at an address. No two
// processes are given the same one, and a process only after it was given all
// others of its blocks.
func FreePort(at netip.Addr) (netip.AddrPort, error) {
	ports.Lock()
	defer ports.Unlock()
	for range 2 * blockPorts {
		if ports.next%blockPorts == 0 && ports.next/blockPorts >= len(ports.blocks) {
			if err := takeBlock(); err != nil {
				return netip.AddrPort{}, err
			}
		}
		port := firstPort + ports.blocks[ports.next/blockPorts%len(ports.blocks)]*blockPorts + ports.next%blockPorts
		ports.next++
		addr := netip.AddrPortFrom(at, uint16(port))
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		if err != nil {
			continue
		}
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		_ = udp.Close()
		if err != nil {
			continue
		}
		_ = tcp.Close()
		return addr, nil
	}
	return netip.AddrPort{}, fmt.Errorf("no free port was found at %s", at)
}

// takeBlock locks a block that no other process has; where all are taken, this
// process goes on with its own ones.
func takeBlock() error {
	dir := filepath.Join(os.TempDir(), "sibai-test-ports")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make a directory for the locks of ports: %w", err)
	}
	for i, first := 0, rand.IntN(blocks); i < blocks; i++ {
		block := (first + i) % blocks
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(block)), os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			continue // another user's
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = f.Close() // nothing was written
			continue
		}
		ports.locks, ports.blocks = append(ports.locks, f), append(ports.blocks, block)
		return nil
	}
	if len(ports.blocks) > 0 {
		ports.next = 0
		return nil
	}
	return fmt.Errorf("all blocks of ports are locked in %s", dir)
}
