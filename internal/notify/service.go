package notify

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/calendar"
	"sibai/internal/fault"
	"sibai/internal/id"
)

// Store keeps contacts and messages. An adapter implements it.
type Store interface {
	// SetContact keeps a contact in place of the customer's former one, or
	// forgets that when the new one has no address. Faults: customer_not_found.
	SetContact(ctx context.Context, c Contact) error
	// TakeMessage claims one message that is due at at for a node, until an
	// instant: an e-mail where mails is set, a short message where phones is; ok is
	// false when none is due. Nobody gets a claimed one.
	TakeMessage(ctx context.Context, node int, at, until time.Time, mails, phones bool) (m Message, ok bool, err error)
	// SettleMessage writes what became of a message that was taken, and ends
	// its claim. It writes nothing when the claim is not the message's any more.
	SettleMessage(ctx context.Context, m Message) error
	// ChangeMessage lets f change a message that nobody has claimed at at.
	// Faults: message_not_found, message_busy, those of f.
	ChangeMessage(ctx context.Context, id ID, at time.Time, f func(*Message) error) (Message, error)
	// AddNotice keeps a notice, and a message where somebody is written to; one of
	// the same id is kept once.
	AddNotice(ctx context.Context, n billing.Notice) error
	// Stuck counts the messages that wait and were tried a number of times.
	Stuck(ctx context.Context, tries int) (int, error)
	// KeepMessage keeps a message that is not to be sent by Turn.
	KeepMessage(ctx context.Context, m Message) error
}

// Mail is an e-mail.
type Mail struct {
	Key     string // the same at every try
	To      string
	Subject string
	Body    string // plain text
	At      time.Time
}

// Channel hands e-mails over. An adapter implements it.
type Channel interface {
	// Send returns when the mail was taken over for delivery. An error that is
	// a *Refusal says that trying again is of no use.
	Send(ctx context.Context, m Mail) error
}

// Refusal is a message that was refused for good.
type Refusal struct{ Err error }

// Error says why.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap gives the reason.
func (r *Refusal) Unwrap() error { return r.Err }

// Patience is how long it is tried to send a message.
const Patience = 72 * time.Hour

const (
	claimFor = 5 * time.Minute  // longer than sendFor, so that one node at a time sends it
	sendFor  = 30 * time.Second // of one try; a stop waits for it
	codeFor  = 15 * time.Second // of a one-time code, for which somebody waits
	first    = time.Minute      // before the second try; twice as long before each next one
	longest  = 4 * time.Hour    // between two tries
	maxError = 300              // bytes that are kept of an error

	stuckTries = 5 // a message that was tried so often, for a quarter of an hour, is told of
)

// Service sends messages.
type Service struct {
	store   Store
	channel Channel
	phones  Phones
	contact string
	newID   func() int64
	now     func() time.Time
	log     *slog.Logger
}

// Parts are what the service works with.
type Parts struct {
	Store   Store
	Channel Channel          // nil: no e-mail is sent
	Phones  Phones           // nil: no short message is sent
	Contact string           // how the operator is reached, in words; may be empty
	NewID   func() int64     // gives time-ordered ids, never the same twice
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger
}

// New makes the service.
func New(p Parts) *Service {
	if p.Now == nil {
		p.Now = time.Now
	}
	return &Service{store: p.Store, channel: p.Channel, phones: p.Phones, contact: p.Contact, newID: p.NewID, now: p.Now, log: p.Log}
}

// Channels reports which channels there are: to e-mail addresses, and to mobiles.
func (s *Service) Channels() (mail, phones bool) { return s.channel != nil, s.phones != nil }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// SetContact keeps where a customer is written to from now on; without an
// address, that it is not. Faults: customer_not_found, email_invalid,
// value_not_allowed.
func (s *Service) SetContact(ctx context.Context, c Contact) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return s.store.SetContact(ctx, c)
}

// Turn sends the messages that are due, and says how many were sent. Any node
// may call it at any time. When ctx is cancelled it ends after the message that
// it is at, within half a minute.
func (s *Service) Turn(ctx context.Context, node int) (sent int, err error) {
	for {
		at := s.clock()
		m, ok, err := s.store.TakeMessage(ctx, node, at, at.Add(claimFor), s.channel != nil, s.phones != nil)
		if err != nil {
			return sent, err
		}
		if !ok {
			return sent, s.escalate(ctx, at)
		}
		if err := s.try(ctx, &m, at); err != nil {
			return sent, err
		}
		if m.State == Sent {
			sent++
		}
	}
}

// escalate tells staff, once a day, of messages that nobody takes over: in the pages,
// and by e-mail once that works again.
func (s *Service) escalate(ctx context.Context, at time.Time) error {
	n, err := s.store.Stuck(ctx, stuckTries)
	if err != nil || n == 0 {
		return err
	}
	day := fnv.New64a()
	_, _ = day.Write([]byte("channel_fails " + calendar.Day(at)))
	return s.store.AddNotice(ctx, billing.Notice{
		ID: id.Named(calendar.Midnight(at), 0, day.Sum64()), Short: id.Named(calendar.Midnight(at), 1, day.Sum64()), At: at, Item: billing.Item{Kind: billing.ChannelFails, Count: n},
	})
}

// try hands a claimed message over and writes what became of it. It comes to
// its end when ctx is cancelled meanwhile: a mail that was taken but not
// written down as sent would be sent again.
func (s *Service) try(ctx context.Context, m *Message, at time.Time) error {
	ctx = context.WithoutCancel(ctx)
	err := error(&Refusal{fmt.Errorf("it waited for more than %s", Patience)})
	if at.Before(m.QueuedAt.Add(Patience)) {
		m.Attempts++
		err = s.send(ctx, *m)
	}
	m.decide(err, at)
	if m.State == Failed {
		s.log.WarnContext(ctx, "a message could not be sent and is given up; see sibai outbox", "message", m.ID.String(), "error", m.Error)
	}
	return s.store.SettleMessage(ctx, *m)
}

func (s *Service) send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if m.ToMobile() {
		return s.phones.Send(ctx, m.short())
	}
	subject, body := m.Text(s.contact)
	return s.channel.Send(ctx, Mail{Key: m.ID.String(), To: m.Address, Subject: subject, Body: body, At: m.At})
}

// decide says what becomes of a message whose try ended with err.
func (m *Message) decide(err error, at time.Time) {
	if err == nil {
		m.State, m.SentAt, m.Error = Sent, at, ""
		return
	}
	m.Error = clip(err.Error())
	wait := longest
	if m.Attempts < 9 {
		wait = min(longest, first<<max(0, m.Attempts-1))
	}
	m.NextAt = at.Add(wait)
	if refused := (*Refusal)(nil); errors.As(err, &refused) || !m.NextAt.Before(m.QueuedAt.Add(Patience)) {
		m.State = Failed
	}
}

// clip keeps the beginning of an error's text, whole characters of it.
func clip(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxError)], "")
}

// Resend has a message sent again, or at once when it waits. Faults:
// message_not_found, message_busy, message_code.
func (s *Service) Resend(ctx context.Context, which ID) (Message, error) {
	at := s.clock()
	return s.store.ChangeMessage(ctx, which, at, func(m *Message) error {
		if m.Kind != OfNotice {
			return fault.New(fault.MessageCode, "message", which.String())
		}
		m.State, m.QueuedAt, m.NextAt, m.Attempts = Queued, at, at, 0
		return nil
	})
}

// Drop has a message that waits not sent. Faults: message_not_found,
// message_busy, message_not_queued.
func (s *Service) Drop(ctx context.Context, which ID) (Message, error) {
	return s.store.ChangeMessage(ctx, which, s.now(), func(m *Message) error {
		if m.State != Queued {
			return fault.New(fault.MessageNotQueued, "message", m.ID.String(), "state", string(m.State))
		}
		m.State = Dropped
		return nil
	})
}
