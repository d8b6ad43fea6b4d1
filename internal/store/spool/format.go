package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

var (
	fileMagic  = []byte("SIBAISP1")
	entryMagic = []byte{0xF5, 'S', 'p', '1'}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

const (
	headBytes = 12       // of an entry: magic, length, checksum
	maxBody   = 16 << 20 // no item is as long; a longer length is damage
)

// entry is one line of the log: an item in place of what was kept of its call,
// or calls that are done with.
type entry struct {
	Keep   *charging.Item `json:"keep,omitempty"`
	Forget []cdr.ID       `json:"forget,omitempty"`
}

// appendEntry adds an entry to buf.
func appendEntry(buf []byte, e entry) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return buf, fmt.Errorf("write an item of the spool: %w", err)
	}
	if len(body) > maxBody {
		return buf, fmt.Errorf("an item of the spool has %d bytes, the most is %d", len(body), maxBody)
	}
	buf = append(buf, entryMagic...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(body))) //nolint:gosec // at most maxBody
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(body, castagnoli))
	return append(buf, body...), nil
}

// readEntry reads the entry at the beginning of b and says how long it is; 0
// when there is no whole and sound one.
func readEntry(b []byte) (e entry, size int) {
	if len(b) < headBytes || !bytes.Equal(b[:4], entryMagic) {
		return e, 0
	}
	n := binary.BigEndian.Uint32(b[4:])
	if n > maxBody || int(n) > len(b)-headBytes {
		return e, 0
	}
	body := b[headBytes : headBytes+int(n)]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[8:]) {
		return e, 0
	}
	if json.Unmarshal(body, &e) != nil || e.Keep != nil && !e.Keep.Sound() {
		return entry{}, 0 // sound bytes that this program cannot read
	}
	return e, headBytes + int(n)
}

// scanned says what a file of the spool holds.
type scanned struct {
	end     int // after the last sound entry
	damaged int // bytes before end that are no entry
}

// scan calls each for every sound entry of a file, in their order.
func scan(b []byte, each func(e entry, size int)) scanned {
	s := scanned{}
	at := 0
	if bytes.HasPrefix(b, fileMagic) {
		at = len(fileMagic)
		s.end = at
	}
	for at < len(b) {
		e, size := readEntry(b[at:])
		if size == 0 {
			next := bytes.IndexByte(b[at+1:], entryMagic[0])
			if next < 0 {
				break
			}
			at += 1 + next
			continue
		}
		s.damaged += at - s.end
		at += size
		s.end = at
		each(e, size)
	}
	return s
}
