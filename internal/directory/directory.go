package directory

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/call"
	"sibai/internal/catalog"
	"sibai/internal/tariff"
)

// DefaultInterval is how often the store is asked for its revision.
const DefaultInterval = 250 * time.Millisecond

// Source is where snapshots come from; the store implements it.
type Source interface {
	// Revision is cheap: it grows with every business change.
	Revision(ctx context.Context) (int64, error)
	// Load returns everything as of one revision, from one consistent read.
	Load(ctx context.Context) (Snapshot, error)
}

// Directory answers lookups from memory. Lookups are safe from any goroutine,
// never block and never touch the store.
type Directory struct {
	source Source
	every  time.Duration
	log    *slog.Logger

	current atomic.Pointer[index]
	failing atomic.Pointer[failure]

	refresh sync.Mutex // one refresh at a time; held while the store is read

	life    sync.Mutex // guards cancel and stopped; never held while waiting for refresh
	cancel  context.CancelFunc
	stopped chan struct{}
}

type failure struct {
	since time.Time
	err   error
}

// New makes an empty directory. every is how often to ask the source, 0 for
// DefaultInterval; log may be nil.
func New(source Source, every time.Duration, log *slog.Logger) *Directory {
	if every <= 0 {
		every = DefaultInterval
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	d := &Directory{source: source, every: every, log: log}
	d.current.Store(newIndex(Snapshot{}))
	return d
}

// Start loads the first snapshot and keeps it fresh until Stop. It returns
// the error of the first load: a node that knows no numbers must not serve.
// Starting twice does nothing.
func (d *Directory) Start(ctx context.Context) error {
	d.life.Lock()
	defer d.life.Unlock()
	if d.cancel != nil {
		return nil
	}
	if err := d.Refresh(ctx); err != nil {
		return err
	}
	// The refreshing outlives the start's context; Stop ends it.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.cancel, d.stopped = cancel, make(chan struct{})
	go d.keepFresh(run, d.stopped)
	return nil
}

// Stop ends the refreshing and waits for it. Lookups go on from the last
// snapshot. Stopping twice, or without a start, is safe.
func (d *Directory) Stop() {
	d.life.Lock()
	defer d.life.Unlock()
	if d.cancel == nil {
		return
	}
	d.cancel()
	<-d.stopped
	d.cancel = nil
}

func (d *Directory) keepFresh(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	ticker := time.NewTicker(d.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		before := d.failing.Load()
		err := d.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && before == nil:
			d.log.Error("directory: cannot refresh; calls go on with what is known", "error", err, "revision", d.Revision())
		case err == nil && before != nil:
			d.log.Info("directory: refreshing again", "failed_since", before.since, "revision", d.Revision())
		}
	}
}

// Refresh brings the directory up to date now, if the store has changed. A
// node calls it after a change of its own. On an error the last snapshot
// stays.
func (d *Directory) Refresh(ctx context.Context) error {
	d.refresh.Lock()
	defer d.refresh.Unlock()
	err := d.pull(ctx)
	switch {
	case err == nil:
		d.failing.Store(nil)
	case ctx.Err() == nil && d.failing.Load() == nil:
		d.failing.Store(&failure{since: time.Now(), err: err})
	}
	return err
}

func (d *Directory) pull(ctx context.Context) error {
	revision, err := d.source.Revision(ctx)
	if err != nil {
		return fmt.Errorf("directory: ask for the revision: %w", err)
	}
	if current := d.current.Load(); current.Lines != nil && current.Revision == revision {
		return nil
	}
	s, err := d.source.Load(ctx)
	if err != nil {
		return fmt.Errorf("directory: load: %w", err)
	}
	if s.Lines == nil {
		s.Lines = map[string]Line{}
	}
	d.current.Store(newIndex(s))
	return nil
}

// Health returns nil while refreshing works, else the error and since when.
func (d *Directory) Health() error {
	if f := d.failing.Load(); f != nil {
		return fmt.Errorf("since %s: %w", f.since.UTC().Format(time.RFC3339), f.err)
	}
	return nil
}

// Revision is that of the snapshot in use.
func (d *Directory) Revision() int64 { return d.current.Load().Revision }

// Line looks a number up by its ten digits.
func (d *Directory) Line(number string) (Line, bool) {
	l, ok := d.current.Load().Lines[number]
	return l, ok
}

// Lines lists all numbers, in no order. The map must not be changed.
func (d *Directory) Lines() map[string]Line { return d.current.Load().Lines }

// Find looks a number up for a call that comes in at an instant: its state
// includes its customer's, its Bill the tariff in force. It implements
// call.Lines.
func (d *Directory) Find(number string, at time.Time) (call.Line, bool) {
	x := d.current.Load()
	l, ok := x.Lines[number]
	if !ok {
		return call.Line{}, false
	}
	return l.at(x.versions[l.Tariff], at), true
}

// InboundTrunk names the trunk whose calls come from an address; ok is false
// when none's do.
func (d *Directory) InboundTrunk(from netip.AddrPort) (code string, ok bool) {
	return d.current.Load().inbound(from)
}

// OutboundTrunk says where calls over a trunk are sent; ok is false when the
// trunk is not known or takes none.
func (d *Directory) OutboundTrunk(code string) (to catalog.Endpoint, ok bool) {
	t, ok := d.current.Load().trunks[code]
	return t.Outbound, ok && !t.Outbound.IsZero()
}

// Trunks lists all trunks. The slice must not be changed.
func (d *Directory) Trunks() []catalog.Trunk { return d.current.Load().Trunks }

// Tariff returns one version of a tariff.
func (d *Directory) Tariff(id tariff.ID) (tariff.Version, bool) {
	v, ok := d.current.Load().tariffs[id]
	return v, ok
}

// Tariffs lists all versions of all tariffs. The slice must not be changed.
func (d *Directory) Tariffs() []tariff.Version { return d.current.Load().Tariffs }
