package apikey

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sibai/internal/fault"
)

// Store keeps the keys.
type Store interface {
	// APIKeys lists all keys, the oldest first.
	APIKeys(ctx context.Context) ([]Key, error)
	// AddAPIKey keeps a new key.
	AddAPIKey(ctx context.Context, k Key) error
	// RevokeAPIKey ends a key; one that was revoked stays as it is. The fault
	// KeyNotFound says that there is none.
	RevokeAPIKey(ctx context.Context, key ID, at time.Time) (Key, error)
	// UsedAPIKeys notes when keys were last used.
	UsedAPIKeys(ctx context.Context, used map[ID]time.Time) error
}

const (
	coarse     = time.Hour   // how exactly the last use is kept
	noteEvery  = time.Minute // how often uses are written
	retryPause = time.Second // after a failed reading
)

// Ring has the keys in memory. Safe for concurrent use.
type Ring struct {
	store    Store
	revision func() int64 // of everything that business changes
	log      *slog.Logger
	now      func() time.Time

	keys atomic.Pointer[ring]

	reading sync.Mutex // one reading at a time
	retryAt time.Time  // guarded by reading

	using sync.Mutex // guards what follows
	used  map[ID]time.Time

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

type ring struct {
	revision int64
	keys     map[ID]Key
}

// NewRing makes a Ring. revision tells when the keys may have changed; it must
// not block.
func NewRing(store Store, revision func() int64, log *slog.Logger) *Ring {
	return &Ring{store: store, revision: revision, log: log, now: time.Now, used: map[ID]time.Time{}}
}

// Start reads the keys and begins to note their use.
func (r *Ring) Start(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = cancel
	r.stopped.Go(func() {
		tick := time.NewTicker(noteEvery)
		defer tick.Stop()
		for {
			select {
			case <-run.Done():
				return
			case <-tick.C:
				r.note(run)
			}
		}
	})
	return nil
}

// Stop writes the uses that were not written and ends. Stopping twice, or
// without a start, is safe.
func (r *Ring) Stop(ctx context.Context) {
	if r.stop == nil {
		return
	}
	r.stop()
	r.stopped.Wait()
	r.note(ctx)
}

// Check finds the key that a secret opens. Faults: key_missing for an empty
// secret, key_wrong.
func (r *Ring) Check(ctx context.Context, secret string) (Key, error) {
	if secret == "" {
		return Key{}, fault.New(fault.KeyMissing)
	}
	keys := r.keys.Load()
	if keys == nil || keys.revision != r.revision() {
		if err := r.read(ctx); err != nil && keys == nil {
			return Key{}, err
		}
		keys = r.keys.Load()
	}
	id, ok := keyOf(secret)
	key, known := keys.keys[id]
	if !ok || !key.opens(secret) || !known || !key.RevokedAt.IsZero() {
		return Key{}, fault.New(fault.KeyWrong)
	}
	r.use(&key)
	return key, nil
}

// read reads the keys when the revision says that they may have changed. When
// that fails, those that are known go on counting.
func (r *Ring) read(ctx context.Context) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	revision, now := r.revision(), r.now()
	known := r.keys.Load()
	if known != nil && (known.revision == revision || now.Before(r.retryAt)) {
		return nil
	}
	list, err := r.store.APIKeys(ctx)
	if err != nil {
		r.retryAt = now.Add(retryPause)
		r.log.Warn("the API keys cannot be read; those that are known go on counting", "error", err)
		return err
	}
	next := &ring{revision: revision, keys: make(map[ID]Key, len(list))}
	for _, k := range list {
		next.keys[k.ID] = k
	}
	r.keys.Store(next)
	return nil
}

func (r *Ring) use(k *Key) {
	now := r.now()
	if now.Sub(k.LastUsedAt) < coarse {
		return
	}
	r.using.Lock()
	defer r.using.Unlock()
	if now.Sub(r.used[k.ID]) >= coarse {
		r.used[k.ID] = now
	}
}

// note writes the uses that are new.
func (r *Ring) note(ctx context.Context) {
	r.using.Lock()
	fresh := map[ID]time.Time{}
	keys := r.keys.Load()
	for id, at := range r.used {
		if at.After(keys.keys[id].LastUsedAt) {
			fresh[id] = at
		}
	}
	r.using.Unlock()
	if len(fresh) == 0 {
		return
	}
	if err := r.store.UsedAPIKeys(ctx, fresh); err != nil {
		r.log.Warn("when API keys were used could not be noted", "keys", len(fresh), "error", err)
		return
	}
	r.using.Lock()
	defer r.using.Unlock()
	next := &ring{revision: keys.revision, keys: make(map[ID]Key, len(keys.keys))}
	for id, k := range keys.keys {
		if at, ok := fresh[id]; ok {
			k.LastUsedAt = at
		}
		next.keys[id] = k
	}
	r.keys.CompareAndSwap(keys, next)
}
