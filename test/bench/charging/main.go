// Command charging measures charging as `sibai bench charging` does, with every
// store, every way to ask and several numbers of callers, beside what the disk
// and PostgreSQL can do at all, in one run on one machine. It prints a Markdown
// table and writes the rows as JSON. Nothing here passes or fails on a speed,
// but books that are wrong end it with an error.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"sibai/internal/bench"
	"sibai/internal/build"
	"sibai/test/e2e"
	"sibai/test/parts"
	"sibai/test/pgtest"
)

type options struct {
	seconds  int
	callers  []int
	growth   bool
	accounts []int
	cdrs     []int
	out      string
}

// results are what the JSON file has.
type results struct {
	Build    string              `json:"build"`
	Cores    int                 `json:"cores"`
	Limits   limits              `json:"limits"`
	Rows     []bench.ChargingRow `json:"rows"`
	Growth   []bench.ChargingRow `json:"growth,omitempty"`
	ServerOf map[string]float64  `json:"postgres_cpu_s_per_1000,omitempty"` // by "via callers"
}

func main() {
	var o options
	var callers, accounts, cdrs string
	flag.IntVar(&o.seconds, "seconds", 5, "length of each measurement")
	flag.StringVar(&callers, "callers", "1,16,64,256", "calls at once, in order")
	flag.BoolVar(&o.growth, "growth", false, "measure also how the cost grows with accounts and CDRs; it takes long")
	flag.StringVar(&accounts, "accounts", "10000,100000,1000000", "accounts of the growth")
	flag.StringVar(&cdrs, "cdrs", "0,1000000,10000000", "former CDRs of the growth")
	flag.StringVar(&o.out, "out", "bench-charging.json", "file for the rows as JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := error(nil)
	for _, list := range []struct {
		to   *[]int
		text string
	}{{&o.callers, callers}, {&o.accounts, accounts}, {&o.cdrs, cdrs}} {
		if *list.to, err = numbers(list.text); err != nil {
			break
		}
	}
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func numbers(text string) ([]int, error) {
	var list []int
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is not a list of numbers", text)
		}
		list = append(list, n)
	}
	return list, nil
}

// runner has what every measurement needs.
type runner struct {
	program string
	dir     string
	seconds int
	server  *pgtest.Cluster
	made    int // databases
}

func run(ctx context.Context, o options) (err error) {
	r := &runner{seconds: o.seconds}
	if r.dir, err = os.MkdirTemp("", "sibai-bench-*"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(r.dir)
	if r.program, err = e2e.Build(ctx, r.dir); err != nil {
		return err
	}
	initdb, err := parts.Find("initdb")
	if err != nil {
		return err
	}
	if r.server, err = pgtest.New(ctx, initdb); err != nil {
		return err
	}
	defer func() { _ = r.server.Stop() }() // its directory is temporary
	if err := r.runIn(ctx); err != nil {
		return fmt.Errorf("run PostgreSQL in: %w", err)
	}
	out := results{Build: fmt.Sprint(build.Get()), Cores: runtime.NumCPU(), ServerOf: map[string]float64{}}
	if out.Limits, err = r.limits(ctx); err != nil {
		return err
	}
	for _, store := range []string{"sqlite", "postgres"} {
		for _, via := range []string{"go", "http"} {
			for _, callers := range o.callers {
				before := serverTime(r.server.Pid())
				row, err := r.measure(ctx, store, via, callers, 1000, 0)
				if err != nil {
					return err
				}
				if store == "postgres" {
					key := via + " " + strconv.Itoa(callers)
					out.ServerOf[key] = (serverTime(r.server.Pid()) - before).Seconds() * 1000 / float64(row.Calls)
				}
				out.Rows = append(out.Rows, row)
				fmt.Fprint(os.Stderr, ".")
			}
		}
	}
	if o.growth {
		if out.Growth, err = r.growth(ctx, o); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr)
	show(out)
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(text, '\n'), 0o644) //nolint:gosec // figures for everybody
}

// growth measures 64 callers as accounts grow, and as CDRs do.
func (r *runner) growth(ctx context.Context, o options) (rows []bench.ChargingRow, err error) {
	for _, store := range []string{"sqlite", "postgres"} {
		for i, accounts := range append(append([]int{}, o.accounts...), o.cdrs...) {
			cdrs := 0
			if i >= len(o.accounts) {
				accounts, cdrs = 10_000, accounts
			}
			row, err := r.measure(ctx, store, "go", 64, accounts, cdrs)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
			fmt.Fprint(os.Stderr, ".")
		}
	}
	return rows, nil
}

// measure runs the program once, on a store of its own.
func (r *runner) measure(ctx context.Context, store, via string, callers, accounts, cdrs int) (row bench.ChargingRow, err error) {
	args := []string{
		"bench", "charging", "--json", "--store", store, "--via", via, "--callers", strconv.Itoa(callers),
		"--seconds", strconv.Itoa(r.seconds), "--accounts", strconv.Itoa(accounts), "--cdrs", strconv.Itoa(cdrs),
	}
	if store == "postgres" {
		r.made++
		url, err := r.server.Make(ctx, fmt.Sprint("bench", r.made))
		if err != nil {
			return row, err
		}
		defer func() { _ = r.server.Drop(context.WithoutCancel(ctx), fmt.Sprint("bench", r.made)) }() // it goes with the server at last
		args = append(args, "--url", url)
	} else {
		args = append(args, "--dir", r.dir)
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return row, fmt.Errorf("%s: %w\n%s%s", strings.Join(args, " "), err, &out, &problems)
	}
	if err := json.Unmarshal(out.Bytes(), &row); err != nil {
		return row, fmt.Errorf("read %q: %w", &out, err)
	}
	return row, nil
}

func show(r results) {
	fmt.Printf("%s, %d cores. One fdatasync takes %.3f ms; %.0f of them a second; PostgreSQL commits %.0f single statements a second.\n\n",
		r.Build, r.Cores, r.Limits.FdatasyncMS, r.Limits.Fdatasync, r.Limits.Statements)
	fmt.Println("| store | via | callers | calls/s | reserve p50 ms | p99 ms | call p99 ms | CPU s/1,000 | PostgreSQL CPU s/1,000 | overspent | books |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
	for _, row := range r.Rows {
		server := "–"
		if cpu, ok := r.ServerOf[row.Via+" "+strconv.Itoa(row.Callers)]; ok && row.Store == "postgres" {
			server = fmt.Sprintf("%.3f", cpu)
		}
		fmt.Printf("| %s | %s | %d | %.0f | %.2f | %.2f | %.2f | %.3f | %s | %d | %s |\n", row.Store, row.Via, row.Callers, row.CallsPerS,
			row.ReserveP50, row.ReserveP99, row.CallP99, row.CPUPer1000, server, row.Overspend, right(row.AuditOK))
	}
	if len(r.Growth) == 0 {
		return
	}
	fmt.Println("\n| store | accounts | former CDRs | calls/s at 64 | reserve p50 ms | CPU s/1,000 |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: | ---: |")
	for _, row := range r.Growth {
		fmt.Printf("| %s | %d | %d | %.0f | %.2f | %.3f |\n", row.Store, row.Accounts, row.CDRs, row.CallsPerS, row.ReserveP50, row.CPUPer1000)
	}
}

func right(ok bool) string {
	if ok {
		return "right"
	}
	return "WRONG"
}
