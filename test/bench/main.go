// Command bench measures what a machine carries: the charging store's
// operations a second beside the disk's own fdatasync rate, and the charged
// calls a second of a whole node under SIPp with the CPU they take.
//
// All of it shares one machine with its load, so read a rate together with
// the CPU seconds beside it. Figures are printed; nothing here passes or
// fails on a speed, but calls that failed or books that are wrong end it with
// an error.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"sibai/internal/build"
	"sibai/test/e2e"
	"sibai/test/sipp"
)

func main() {
	seconds := flag.Int("seconds", 10, "length of each run under SIPp")
	rates := flag.String("rates", "100,500,1000", "calls a second to try, in order")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("%s, %d cores\n\n", build.Get(), runtime.NumCPU())
	if err := run(ctx, *rates, *seconds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rates string, seconds int) error {
	if err := store(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sibai-bench-*")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	program, err := e2e.Build(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Println("Whole node under SIPp (UDP, two dialogs a call; lookup, credit, durable settlement and CDR included)")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "asked calls/s\tcalls\tcarried calls/s\tfailed\tsent again\tCPU s per 1,000 calls\tpeak MB\t")
	for _, text := range strings.Split(rates, ",") {
		rate, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || rate < 1 {
			return fmt.Errorf("--rates: %q is not a number of calls a second", text)
		}
		r, err := node(ctx, program, filepath.Join(dir, "rate-"+strconv.Itoa(rate)), rate, rate*seconds)
		if err != nil {
			return fmt.Errorf("at %d calls/s: %w", rate, err)
		}
		fmt.Fprintf(table, "%d\t%d\t%.0f\t%d\t%d\t%.3f\t%.0f\t\n", rate, r.calls, r.perSecond, r.failed, r.retrans, r.cpu, r.peakMB)
	}
	return table.Flush()
}

// store runs the store's own benchmark, which lives beside the store.
func store(ctx context.Context) error {
	fmt.Println("Charging store, SQLite: a call is reserve, extend and settle with its CDR, each durable when acknowledged")
	cmd := exec.CommandContext(ctx, "go", "test", "sibai/internal/store/sqlite", "-run", "^$", "-bench", "Charging|Disk", "-benchtime", "3s")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the store's benchmark: %w\n%s%s", err, out, problems.Bytes())
	}
	metric := regexp.MustCompile(`([0-9.e+]+) ([a-zA-Z0-9/-]+)`)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	for _, line := range strings.Split(string(out), "\n") {
		name, rest, ok := strings.Cut(line, "\t")
		if !ok || !strings.HasPrefix(name, "Benchmark") {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(name, "Benchmark")), "-"+strconv.Itoa(runtime.GOMAXPROCS(0)))
		fmt.Fprintf(table, "%s", name)
		for _, m := range metric.FindAllStringSubmatch(rest, -1) {
			if m[2] != "ns/op" && m[2] != "B/op" && m[2] != "allocs/op" {
				fmt.Fprintf(table, "\t%s %s", m[1], m[2])
			}
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Println()
	return nil
}

type result struct {
	calls, failed, retrans int
	perSecond, cpu, peakMB float64
}

const site = `
trunks:
  - {code: carrier, inbound: ["127.0.0.2"]}
  - {code: phones, outbound: {address: %q}}
tariffs:
  - {code: minute, versions: [{effective: 2026-01-01, first: {seconds: 60, price: 0.10}}]}
plans:
  - {code: p, name: p, kind: buyout, tariff: minute, max_concurrent: 0}
customers:
  - code: c
    name: bench
    top_ups: [{channel: bank, reference: "1", amount: 9000000}]
    targets: [{phone: "02150001000", trunk: phones, capacity: 10000}]
    numbers: [{number: "4008266688", plan: p, targets: ["02150001000"]}]
`

// node measures one node at one rate.
func node(ctx context.Context, program, dir string, rate, calls int) (r result, err error) {
	for _, name := range []string{"node", "phone", "carrier"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return r, fmt.Errorf("make a folder: %w", err)
		}
	}
	phone, err := sipp.Start(ctx, sipp.Options{Scenario: sipp.Answer, Dir: filepath.Join(dir, "phone"), Pause: 10 * time.Millisecond})
	if err != nil {
		return r, err
	}
	defer phone.Kill()
	in, err := e2e.Install(program, filepath.Join(dir, "node"), "")
	if err != nil {
		return r, err
	}
	if err := in.Apply(ctx, fmt.Sprintf(site, phone.Addr())); err != nil {
		return r, err
	}
	n, err := in.Serve(ctx)
	if err != nil {
		return r, err
	}
	defer n.Kill()
	before, _, err := usage(n.Pid())
	if err != nil {
		return r, err
	}
	began := time.Now()
	stats, err := sipp.Run(ctx, sipp.Options{
		Scenario: sipp.Basic, Dir: filepath.Join(dir, "carrier"), Local: netip.MustParseAddrPort("127.0.0.2:0"), Remote: in.SIP,
		Inject: []sipp.Numbers{{Number: "4008266688", Caller: "13712342286"}},
		Calls:  calls, Rate: rate, AtOnce: 60_000, Pause: 500 * time.Millisecond,
	})
	took := time.Since(began)
	if stats.Created == 0 {
		return r, err
	}
	after, peak, usageErr := usage(n.Pid())
	if usageErr != nil {
		return r, usageErr
	}
	if err := n.Stop(ctx); err != nil {
		return r, err
	}
	if _, err := in.Audit(ctx); err != nil {
		return r, err
	}
	return result{
		calls: stats.Success, failed: stats.Failed, retrans: stats.Retrans,
		perSecond: float64(stats.Success) / took.Seconds(), cpu: (after - before) * 1000 / float64(stats.Success), peakMB: peak,
	}, nil
}

// ticks is the kernel's USER_HZ, 100 on every Linux of today.
const ticks = 100

// usage is the CPU seconds a process has taken and its peak memory in MB.
func usage(pid int) (cpu, peakMB float64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the CPU time of the node: %w", err)
	}
	// The name in brackets may hold blanks: fields are counted after it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:13] { // utime, stime
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read the CPU time of the node: %w", err)
		}
		cpu += v / ticks
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory of the node: %w", err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return cpu, kb / 1024, err
		}
	}
	return cpu, 0, nil
}
