package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// spacious lets garbage grow to four times what is alive before it is
// collected, up to half of the machine's memory: what is alive is little, and
// collecting it again and again takes about a twentieth of the CPU time of a call. GOGC
// and GOMEMLIMIT, where they are set, stand.
func spacious() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return // not a Linux: as Go does it
	}
	_, rest, _ := strings.Cut(string(text), "MemTotal:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || kilobytes <= 0 {
		return
	}
	debug.SetMemoryLimit(kilobytes << 10 / 2)
	debug.SetGCPercent(400)
}
