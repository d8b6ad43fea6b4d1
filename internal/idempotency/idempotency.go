// Package idempotency keeps the answers to requests of other programs, so that a
// request that is sent again, because its answer was lost, is not done twice.
//
//	Begin ── new ──▶ work ──▶ Keep ──▶ the same request gets the same answer, for a day
//	  │                └────▶ Forget: it failed and can be tried anew
//	  ├── is being done ──▶ request_running
//	  └── another request had the name ──▶ idempotency_key_reused
//
// Answers may hold what is shown only once, such as a link's key. So they are
// sealed by a key that is made of the secret that the request came with, which is
// kept nowhere: who has the store alone reads none.
//
// It refuses to know what a request does. Work whose process died is done anew
// when its time is over: operations are to bear that.
package idempotency

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"time"

	"sibai/internal/fault"
)

const (
	keepFor = 24 * time.Hour
	workFor = time.Minute // as long as requests may take
)

// Name is what a request is called by who sends it.
type Name struct {
	Owner  string // whose names these are
	Key    string
	Secret string // that the request came with; kept nowhere
}

// Answer is an answer, or the place of one that is being made.
type Answer struct {
	Owner   string
	Key     [32]byte // SHA-256 of the name's
	Request [32]byte // SHA-256 of the request
	Sealed  []byte   // empty while it is being made
	Until   time.Time
}

// Store keeps answers. An adapter implements it.
type Store interface {
	// ClaimAnswer keeps the place of an answer unless there is one whose time is not
	// over at an instant, which it returns then.
	ClaimAnswer(ctx context.Context, a Answer, at time.Time) (former *Answer, err error)
	// KeepAnswer writes an answer whose place is still the one that was claimed until
	// an instant; without Sealed the place is given up.
	KeepAnswer(ctx context.Context, a Answer, claimed time.Time) error
	// PurgeAnswers removes those whose time is over.
	PurgeAnswers(ctx context.Context, at time.Time) error
}

// Service keeps answers. Its methods are safe for concurrent use, by several
// processes too.
type Service struct {
	store Store
	now   func() time.Time
}

// New makes a Service; now nil means time.Now.
func New(store Store, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store, now}
}

// Work is a request that is being done.
type Work struct {
	s      *Service
	name   Name
	answer Answer
}

// Begin begins the work of a request, or returns the answer that it got before;
// then work is nil. Faults: idempotency_key_reused, request_running.
func (s *Service) Begin(ctx context.Context, n Name, request [32]byte) (work *Work, former []byte, err error) {
	at := s.clock()
	a := Answer{Owner: n.Owner, Key: sha256.Sum256([]byte(n.Key)), Request: request, Until: at.Add(workFor)}
	had, err := s.store.ClaimAnswer(ctx, a, at)
	switch {
	case err != nil:
		return nil, nil, err
	case had == nil:
		return &Work{s, n, a}, nil, nil
	case had.Request != request:
		return nil, nil, fault.New(fault.IdempotencyKeyReused, "key", n.Key)
	case len(had.Sealed) == 0:
		return nil, nil, fault.New(fault.RequestRunning)
	}
	former, err = n.open(had.Sealed)
	return nil, former, err
}

// Keep keeps the answer to a request for a day.
func (w *Work) Keep(ctx context.Context, answer []byte) (err error) {
	a := w.answer
	if a.Sealed, err = w.name.seal(answer); err != nil {
		return err
	}
	a.Until = w.s.clock().Add(keepFor)
	return w.s.store.KeepAnswer(ctx, a, w.answer.Until)
}

// Forget lets a request be done anew.
func (w *Work) Forget(ctx context.Context) error {
	return w.s.store.KeepAnswer(ctx, w.answer, w.answer.Until)
}

// Purge removes answers whose time is over.
func (s *Service) Purge(ctx context.Context) error { return s.store.PurgeAnswers(ctx, s.clock()) }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// box seals with AES-256-GCM under a key of the name's own (RFC 5869).
func (n Name) box() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(n.Secret), nil, "sibai answer "+n.Owner+"\x00"+n.Key, 32)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	return box, nil
}

func (n Name) seal(text []byte) ([]byte, error) {
	box, err := n.box()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, text, nil), nil
}

func (n Name) open(sealed []byte) ([]byte, error) {
	box, err := n.box()
	if err != nil {
		return nil, err
	}
	text, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal) // the name says whose secret it is
	}
	return text, nil
}
