package baresip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

const rate = 8000 // samples a second of G.711

// linear expands one A-law byte (ITU-T G.711, table 1a) to 16 bits.
func linear(a byte) int16 {
	a ^= 0x55 // even bits are sent inverted
	segment, v := a>>4&7, int16(a&0xF)<<4+8
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if a&0x80 == 0 {
		return -v
	}
	return v
}

// writeWave writes seconds of a sound, over and over, as 8 kHz mono PCM: the
// one form that baresip's aufile reads.
func writeWave(path string, sound []byte, seconds int) error {
	samples := make([]int16, rate*seconds)
	for i := range samples {
		samples[i] = linear(sound[i%len(sound)])
	}
	size := uint32(2 * len(samples))
	var out []byte
	for _, part := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16),
		uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16), // PCM, mono
		[]byte("data"), size, samples,
	} {
		var err error
		if out, err = binary.Append(out, binary.LittleEndian, part); err != nil {
			return fmt.Errorf("make a WAV file: %w", err)
		}
	}
	return os.WriteFile(path, out, 0o600)
}

// readWave returns the samples of a file as writeWave makes them. Its data
// runs to the end of the file: a writer that was killed left no length.
func readWave(path string) ([]int16, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what was heard: %w", err)
	}
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, errors.New(path + " is no WAV file")
	}
	for rest := raw[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		if name == "data" {
			samples := make([]int16, len(rest)/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(rest[2*i:]))
			}
			return samples, nil
		}
		rest = rest[min(size, len(rest)):]
	}
	return nil, errors.New(path + " has no data")
}
