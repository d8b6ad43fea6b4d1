package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sibai/internal/id"
)

// idsFile has, in the data directory, an instant that no id of the node is
// later than. Were the clock set back between two starts of a node, the second
// would otherwise make ids again that stand for other calls and payments.
const idsFile = "ids"

const (
	idsAhead = 2 * time.Minute // how far the file is ahead of the clock
	idsEvery = time.Minute     // how often it is written
	// idsSlow is how far ids that are ahead of the clock move between two
	// writes at most: a millisecond for 4,096 of them.
	idsSlow = time.Second
)

// mark keeps the file of one generator.
type mark struct {
	path string
	ids  *id.Generator
	log  *slog.Logger

	stop    context.CancelFunc
	writing sync.WaitGroup
}

// markIDs reads the file, lets ids go on from there, and keeps the file ahead
// of them until close.
func markIDs(dir string, ids *id.Generator, log *slog.Logger) (*mark, error) {
	m := &mark{path: filepath.Join(dir, idsFile), ids: ids, log: log}
	text, err := os.ReadFile(m.path)
	switch {
	case err == nil:
		used, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w: if the clock was never set back, remove the file", m.path, err)
		}
		ids.SkipTo(used)
		if back := time.Until(used); back > idsAhead {
			log.Warn("the clock is behind what this node has seen; ids go on from there", "behind", back.Round(time.Second))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the node's last ids: %w", err)
	}
	if err := m.write(); err != nil {
		return nil, fmt.Errorf("write the node's last ids: %w", err)
	}
	var ctx context.Context
	ctx, m.stop = context.WithCancel(context.Background())
	m.writing.Go(func() { m.keep(ctx) })
	return m, nil
}

func (m *mark) keep(ctx context.Context) {
	tick := time.NewTicker(idsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := m.write(); err != nil {
				m.log.Error("the node's last ids could not be written; it matters only if the clock is set back before the next start", "error", err)
			}
		}
	}
}

// write puts a new file in the place of the old one, so that there is always a
// whole one.
func (m *mark) write() error {
	used := time.Now().Add(idsAhead)
	if last := id.Time(m.ids.Next()).Add(idsSlow); last.After(used) {
		used = last
	}
	text := used.UTC().Format(time.RFC3339Nano) + "\n"
	f, err := os.OpenFile(m.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(m.path+".new", m.path)
}

func (m *mark) close() {
	m.stop()
	m.writing.Wait()
}
