package portable_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/fault"
	"sibai/internal/notify"
	"sibai/internal/store/portable"
	"sibai/internal/tasks"
)

var _ notify.Store = (*portable.Store)(nil)

// letters is a channel that answers as it is told.
type letters struct {
	mu    sync.Mutex
	taken map[string]int // by key
	err   error
}

func (l *letters) Send(_ context.Context, m notify.Mail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.taken[m.Key]++
	}
	return l.err
}

type post struct {
	*testing.T
	w       *world
	channel *letters
	phones  *mobiles
	notices int64
}

// mobiles is a channel to phones that has a template for one kind of notice.
type mobiles struct {
	mu   sync.Mutex
	sent []notify.Short
}

func (m *mobiles) Sends(kind notify.Kind) bool { return kind == notify.ShortNotice(billing.LowBalance) }

func (m *mobiles) Send(_ context.Context, s notify.Short) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, s)
	return nil
}

func newPost(t *testing.T, w *world) *post {
	w.set(june)
	w.apply(t, example(t))
	return &post{t, w, &letters{taken: map[string]int{}}, &mobiles{}, 0}
}

func (p *post) service() *notify.Service {
	return notify.New(notify.Parts{Store: p.w.store, Channel: p.channel, Phones: p.phones, NewID: counter(), Now: func() time.Time {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		return p.w.now
	}, Log: slog.New(slog.DiscardHandler)})
}

// note notes that a customer's balance is low.
func (p *post) note(code string) billing.Notice {
	p.Helper()
	c, ok, err := p.w.store.Find(p.Context(), code)
	if err != nil || !ok {
		p.Fatal(code, ok, err)
	}
	p.notices++
	n := billing.Notice{Shard: c.Shard, ID: p.notices, Customer: c.ID, At: p.w.now, Item: billing.Item{Kind: billing.LowBalance, Customer: code}}
	p.save(n)
	return n
}

func (p *post) save(n billing.Notice) {
	p.Helper()
	if err := p.w.store.Save(p.Context(), billing.Writes{Notices: []billing.Notice{n}}); err != nil {
		p.Fatal(err)
	}
}

func (p *post) turn(want int) {
	p.Helper()
	if sent, err := p.service().Turn(p.Context(), 1); err != nil || sent != want {
		p.Errorf("sent %d, want %d: %v", sent, want, err)
	}
}

func (p *post) message(n billing.Notice, want notify.State, attempts int) notify.Message {
	p.Helper()
	m, ok, err := p.w.store.Message(p.Context(), notify.ID(n.ID))
	if err != nil || !ok || m.State != want || m.Attempts != attempts {
		p.Errorf("%+v %v %v, want %s after %d", m, ok, err, want, attempts)
	}
	return m
}

func (p *post) code(err error, want fault.Code) {
	p.Helper()
	if fault.CodeOf(err) != want {
		p.Errorf("got %v, want %q", err, want)
	}
}

func (p *post) contact(code string) {
	p.Helper()
	if err := p.service().SetContact(p.Context(), notify.Contact{Customer: code, Email: "boss@tea.example", Lang: "en"}); err != nil {
		p.Fatal(err)
	}
}

// TestOutbox is the way of messages: only to customers with a contact, each
// notice once, tried again until it is taken, refused or too old.
func TestOutbox(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		ctx, s := t.Context(), p.service()
		customer := "hangzhou-tea"
		p.code(s.SetContact(ctx, notify.Contact{Customer: "nobody", Email: "a@b.example", Lang: "zh"}), fault.CustomerNotFound)

		p.note(customer) // nobody to write to
		p.contact(customer)
		p.turn(0)
		n := p.note(customer)
		p.turn(1)
		p.save(n) // the same run again
		p.turn(0)
		sent := p.message(n, notify.Sent, 1)
		if !sent.SentAt.Equal(june) || sent.Address != "boss@tea.example" || sent.Lang != "en" || sent.Item.Kind != billing.LowBalance {
			t.Errorf("%+v", sent)
		}

		p.channel.err = errors.New("451 later")
		n = p.note(customer)
		p.turn(0)
		p.turn(0) // not due yet
		if m := p.message(n, notify.Queued, 1); m.Error != "451 later" || !m.NextAt.Equal(june.Add(time.Minute)) {
			t.Errorf("%+v", m)
		}
		w.set(june.Add(time.Minute))
		p.turn(0)
		p.message(n, notify.Queued, 2)
		p.channel.err = nil
		w.set(june.Add(3 * time.Minute))
		p.turn(1)
		p.message(n, notify.Sent, 3)

		p.channel.err = &notify.Refusal{Err: errors.New("550 unknown")}
		n = p.note(customer)
		p.turn(0)
		p.message(n, notify.Failed, 1)
		p.channel.err = nil
		if _, err := s.Resend(ctx, notify.ID(n.ID)); err != nil {
			t.Error(err)
		}
		p.turn(1)
		p.message(n, notify.Sent, 1)

		n = p.note(customer)
		if _, err := s.Drop(ctx, notify.ID(n.ID)); err != nil {
			t.Error(err)
		}
		p.turn(0)
		p.message(n, notify.Dropped, 0)
		_, err := s.Drop(ctx, notify.ID(n.ID))
		p.code(err, fault.MessageNotQueued)
		_, err = s.Drop(ctx, 1<<60)
		p.code(err, fault.MessageNotFound)

		n = p.note(customer) // while no mail server was set
		w.set(w.now.Add(notify.Patience))
		p.turn(0)
		p.message(n, notify.Failed, 0)
		w.waits(t, tasks.Messages, 1)
		list, err := w.store.Outbox(ctx, notify.Filter{Customer: customer, State: notify.Failed})
		if err != nil || len(list) != 1 || int64(list[0].ID) != n.ID {
			t.Errorf("%+v %v", list, err)
		}
		list, err = w.store.Outbox(ctx, notify.Filter{Before: notify.ID(n.ID), Limit: 2})
		if err != nil || len(list) != 2 || int64(list[0].ID) != n.ID-1 {
			t.Errorf("%+v %v", list, err)
		}

		if err := s.SetContact(ctx, notify.Contact{Customer: customer, Lang: "zh"}); err != nil {
			t.Error(err)
		}
		if _, ok, err := w.store.Contact(ctx, customer); ok || err != nil {
			t.Error(ok, err)
		}
	})
}

// TestOutboxClaims: what a node has claimed no other sends, changes or
// settles, until the claim of a node that died runs out.
func TestOutboxClaims(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		ctx := t.Context()
		customer := "hangzhou-tea"
		p.contact(customer)
		n := p.note(customer)
		dead, ok, err := w.store.TakeMessage(ctx, 2, june, june.Add(time.Minute), true, true)
		if err != nil || !ok || int64(dead.ID) != n.ID {
			t.Fatal(dead, ok, err)
		}
		p.turn(0)
		_, err = p.service().Drop(ctx, dead.ID)
		p.code(err, fault.MessageBusy)
		w.set(june.Add(time.Minute))
		p.turn(1)
		dead.State = notify.Failed // it was only slow
		if err := w.store.SettleMessage(ctx, dead); err != nil {
			t.Error(err)
		}
		p.message(n, notify.Sent, 1)

		const many = 12
		for range many {
			p.note(customer)
		}
		var nodes sync.WaitGroup
		for node := range 3 {
			nodes.Go(func() {
				if _, err := p.service().Turn(ctx, node+1); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if len(p.channel.taken) != many+1 {
			t.Errorf("%d messages were sent", len(p.channel.taken))
		}
		for key, times := range p.channel.taken {
			if times != 1 {
				t.Errorf("%s was sent %d times", key, times)
			}
		}
	})
}
