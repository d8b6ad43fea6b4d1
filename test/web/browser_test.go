package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sibai/test/parts"
)

// startBrowser starts one Chromium for a test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := parts.Need(t, "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		// Cancel waits for Chromium to end; its folder, in the system's
		// folder for temporary files, goes with it.
		if err := chromedp.Cancel(ctx); err != nil && ctx.Err() == nil {
			t.Logf("end chromium: %v", err)
		}
		stop()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// tab is one page of the browser, and what went wrong on it.
type tab struct {
	ctx context.Context

	mu      sync.Mutex
	wrong   []string
	bytes   float64  // received, as sent over the wire
	allowed []string // parts of console errors that a test expects
}

// newTab opens a tab that caches nothing, so that every page is a first load.
func newTab(t *testing.T, browser context.Context, allowed ...string) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, allowed: allowed}
	chromedp.ListenTarget(ctx, b.hear)
	if err := chromedp.Run(ctx, network.Enable(), network.SetCacheDisabled(true), log.Enable(), runtime.Enable()); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	complain := func(s string) {
		for _, a := range b.allowed {
			if strings.Contains(s, a) {
				return
			}
		}
		b.wrong = append(b.wrong, s)
	}
	switch e := event.(type) {
	case *log.EventEntryAdded: // CSP violations, failed loads
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			complain(fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			complain("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		complain("exception: " + e.ExceptionDetails.Error())
	case *network.EventLoadingFinished:
		b.bytes += e.EncodedDataLength
	}
}

func (b *tab) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// clean fails the test for what went wrong on the tab.
func (b *tab) clean(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.wrong {
		t.Error(s)
	}
}

// view sets the window and what the reader's system prefers.
func view(width int64, scheme string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := emulation.SetDeviceMetricsOverride(width, 900, 1, width < 600).Do(ctx); err != nil {
			return err
		}
		return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
		}).Do(ctx)
	})
}

// shoot keeps a picture of the whole page where SIBAI_SHOTS says.
func (b *tab) shoot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SIBAI_SHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	var png []byte
	b.run(t, chromedp.ActionFunc(func(ctx context.Context) error {
		var err error
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
