// Command shop measures the shop over very many numbers, on both stores: how
// long a search takes, and a page while others are asked for at a rate. It
// prints a Markdown table. Nothing here passes or fails on a speed, but a page
// that is refused ends it with an error.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"sibai/internal/bench"
	"sibai/internal/build"
	"sibai/test/parts"
	"sibai/test/pgtest"
)

func main() {
	var o bench.ShopOptions
	flag.IntVar(&o.Numbers, "numbers", 1_000_000, "numbers for sale")
	flag.IntVar(&o.Rate, "rate", 200, "pages a second")
	flag.DurationVar(&o.For, "for", 20*time.Second, "how long pages are asked for")
	stores := flag.String("stores", "sqlite,postgres", "stores to measure, in order")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, strings.Split(*stores, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o bench.ShopOptions, stores []string) error {
	dir, err := os.MkdirTemp("", "sibai-bench-*")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	initdb, err := parts.Find("initdb")
	if err != nil {
		return err
	}
	server, err := pgtest.New(ctx, initdb)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }() // its directory is temporary
	url, err := server.Make(ctx, "shop")
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d cores\n\n", build.Get(), runtime.NumCPU())
	fmt.Println("| store | numbers | read ms | index MB | search p50 ms | p99 ms | pages/s | pages | page p50 ms | p99 ms | cores |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, o.Name = range stores {
		o.Dir, o.URL = filepath.Join(dir, o.Name), ""
		if o.Name == "postgres" {
			o.URL = url
		}
		r, err := bench.Shop(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
		fmt.Printf("| %s | %d | %.0f | %.1f | %.2f | %.2f | %d | %d | %.2f | %.2f | %.2f |\n",
			r.Store, r.Numbers, r.Read, r.IndexMB, r.SearchP50, r.SearchP99, r.Rate, r.Pages, r.PageP50, r.PageP99, r.CPU)
	}
	return nil
}
