package chat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync"
	"time"

	"sibai/internal/fault"
)

// Service is both sides of the chat. All methods are safe for concurrent use.
type Service struct {
	store Store
	newID func() int64
	now   func() time.Time
	done  chan struct{}
	once  sync.Once
}

// New makes a Service. now is the clock; nil is time.Now.
func New(store Store, newID func() int64, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, newID: newID, now: now, done: make(chan struct{})}
}

// Done is closed when the program stops: those who follow a conversation end.
func (s *Service) Done() <-chan struct{} { return s.done }

// Stop ends those who follow a conversation. Stopping twice is safe.
func (s *Service) Stop() { s.once.Do(func() { close(s.done) }) }

// Start is what a visitor typed to begin a conversation.
type Start struct {
	Name, Contact, Text string
	Offline             bool // to be answered later; needs a contact
	Lang                string
	Address             netip.Addr // the visitor's
	Token               string
}

// Begin makes a conversation of the first message and returns the key that the
// visitor's browser keeps. Faults: chat_text_empty, chat_text_long,
// chat_contact_invalid, chat_too_many.
func (s *Service) Begin(ctx context.Context, in Start) (c Conversation, key string, err error) {
	now := s.now()
	c = Conversation{
		ID: ID(s.newID()), Origin: origin(in.Address), Lang: in.Lang, Offline: in.Offline,
		CreatedAt: now, LastAt: now, Messages: 1, Waiting: true,
	}
	said := ""
	if said, err = text(in.Text); err != nil {
		return c, "", err
	}
	if c.Name, err = clean(in.Name, MaxName, false); err != nil {
		return c, "", err
	}
	if in.Offline {
		if c.Contact, err = contact(in.Contact); err != nil {
			return c, "", err
		}
	}
	key = rand.Text()
	c.Key = sha256.Sum256([]byte(key))
	err = s.store.AddConversation(ctx, c, Message{Seq: 1, At: now, Token: in.Token, Text: said}, now.Add(-time.Hour),
		func(here, all int) error {
			if here >= perHour || all >= allPerHour {
				return fault.New(fault.ChatTooMany)
			}
			return nil
		})
	return c, key, err
}

// origin is a short hash of an address: of the whole of an IPv4 address, of
// the network of an IPv6 one, for a visitor has as many there as he likes.
func origin(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	sum := sha256.Sum256([]byte("chat " + a.String()))
	return hex.EncodeToString(sum[:8])
}

// Open reads a visitor's conversation with its messages. A wrong key is told
// from a missing conversation by nothing: chat_not_found.
func (s *Service) Open(ctx context.Context, c ID, key string) (Conversation, []Message, error) {
	found, err := s.own(ctx, c, key)
	if err != nil {
		return found, nil, err
	}
	list, err := s.store.Messages(ctx, c)
	return found, list, err
}

func (s *Service) own(ctx context.Context, c ID, key string) (Conversation, error) {
	found, ok, err := s.store.Conversation(ctx, c)
	if err == nil && (!ok || !found.opens(key)) {
		err = fault.New(fault.ChatNotFound)
	}
	return found, err
}

// Closed reports whether a conversation is over by now.
func (s *Service) Closed(c Conversation) bool { return c.Closed(s.now()) }

// Say adds a visitor's message; the same token again changes nothing. Faults:
// chat_not_found, chat_closed, chat_full, chat_text_empty, chat_text_long,
// chat_too_fast.
func (s *Service) Say(ctx context.Context, c ID, key, token, said string) error {
	if _, err := s.own(ctx, c, key); err != nil {
		return err
	}
	return s.add(ctx, c, Message{Token: token, Text: said})
}

// End closes a visitor's conversation; again changes nothing.
func (s *Service) End(ctx context.Context, c ID, key string) error {
	if _, err := s.own(ctx, c, key); err != nil {
		return err
	}
	return s.Close(ctx, c)
}

// add adds a message of either side.
func (s *Service) add(ctx context.Context, c ID, m Message) (err error) {
	if m.Text, err = text(m.Text); err != nil {
		return err
	}
	m.At = s.now()
	return s.store.ChangeConversation(ctx, c, m.Token, m.At.Add(-time.Minute), func(f File) (Writes, error) {
		w := Writes{Conversation: f.Conversation}
		switch {
		case f.Said:
			return w, nil
		case f.Conversation.Closed(m.At):
			return w, fault.New(fault.ChatClosed)
		case f.Conversation.Messages >= MaxMessages:
			return w, fault.New(fault.ChatFull, "most", MaxMessages)
		case m.Staff == "" && f.Recent >= perMinute:
			return w, fault.New(fault.ChatTooFast)
		}
		m.Seq = f.Conversation.Messages + 1
		w.Message = m
		w.Conversation.Messages, w.Conversation.LastAt, w.Conversation.Waiting = m.Seq, m.At, m.Staff == ""
		return w, nil
	})
}
