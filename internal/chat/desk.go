package chat

import (
	"context"

	"sibai/internal/fault"
)

// shown is how many conversations staff see at once.
const shown = 100

// Desk is what staff see.
type Desk struct {
	Conversations []Conversation // those that wait first
	Present       []string
}

// Desk lists the conversations and who is there.
func (s *Service) Desk(ctx context.Context) (d Desk, err error) {
	if d.Conversations, err = s.store.Conversations(ctx, shown); err != nil {
		return d, err
	}
	d.Present, err = s.Present(ctx)
	return d, err
}

// Read is a conversation with its messages, for staff.
func (s *Service) Read(ctx context.Context, c ID) (Conversation, []Message, error) {
	found, ok, err := s.store.Conversation(ctx, c)
	if err == nil && !ok {
		err = fault.New(fault.ChatNotFound)
	}
	if err != nil {
		return found, nil, err
	}
	list, err := s.store.Messages(ctx, c)
	return found, list, err
}

// Answer adds a message of staff. Faults as of Say, and chat_name_missing.
func (s *Service) Answer(ctx context.Context, c ID, staff, token, said string) error {
	staff, err := staffName(staff)
	if err != nil {
		return err
	}
	return s.add(ctx, c, Message{Staff: staff, Token: token, Text: said})
}

// Close closes a conversation; again changes nothing.
func (s *Service) Close(ctx context.Context, c ID) error {
	return s.store.ChangeConversation(ctx, c, "", s.now(), func(f File) (Writes, error) {
		w := Writes{Conversation: f.Conversation}
		if w.Conversation.ClosedAt.IsZero() {
			w.Conversation.ClosedAt, w.Conversation.Waiting = s.now(), false
		}
		return w, nil
	})
}

// CallBack writes down that a visitor who left a contact was called back: the
// message waits no more. Another call takes the place of the one before. Faults:
// chat_not_found, chat_name_missing, chat_text_long, chat_closed, chat_no_contact.
func (s *Service) CallBack(ctx context.Context, c ID, staff, note string) error {
	staff, err := staffName(staff)
	if err != nil {
		return err
	}
	if note, err = clean(note, MaxNote, false); err != nil {
		return err
	}
	return s.store.ChangeConversation(ctx, c, "", s.now(), func(f File) (Writes, error) {
		w := Writes{Conversation: f.Conversation}
		switch {
		case f.Conversation.Closed(s.now()):
			return w, fault.New(fault.ChatClosed)
		case f.Conversation.Contact == "":
			return w, fault.New(fault.ChatNoContact)
		}
		w.Conversation.Waiting = false
		w.Conversation.Called = Called{s.now(), staff, note}
		return w, nil
	})
}

func staffName(name string) (string, error) {
	name, err := clean(name, MaxName, false)
	if err == nil && name == "" {
		err = fault.New(fault.ChatNameMissing)
	}
	return name, err
}

// Here says that somebody of the staff is there for a minute from now.
func (s *Service) Here(ctx context.Context, name string) error {
	name, err := staffName(name)
	if err != nil {
		return err
	}
	return s.store.SetPresence(ctx, name, s.now().Add(present))
}

// Away says that somebody of the staff left.
func (s *Service) Away(ctx context.Context, name string) error {
	name, err := staffName(name)
	if err != nil {
		return err
	}
	return s.store.SetPresence(ctx, name, s.now())
}

// Present lists who of the staff is there.
func (s *Service) Present(ctx context.Context) ([]string, error) {
	return s.store.Present(ctx, s.now())
}

// Canned lists the canned answers.
func (s *Service) Canned(ctx context.Context) ([]Canned, error) { return s.store.Canned(ctx) }

// SetCanned keeps a canned answer under its name, in the place of the one
// before. Faults: chat_name_missing, chat_text_empty, chat_text_long,
// chat_canned_full.
func (s *Service) SetCanned(ctx context.Context, c Canned) (err error) {
	if c.Name, err = staffName(c.Name); err != nil {
		return err
	}
	if c.Text, err = text(c.Text); err != nil {
		return err
	}
	have, err := s.store.Canned(ctx)
	if err != nil {
		return err
	}
	for _, h := range have {
		if h.Name == c.Name {
			return s.store.SetCanned(ctx, c)
		}
	}
	if len(have) >= MaxCanned {
		return fault.New(fault.ChatCannedFull, "most", MaxCanned)
	}
	return s.store.SetCanned(ctx, c)
}

// RemoveCanned removes a canned answer; one that there is not is no fault.
func (s *Service) RemoveCanned(ctx context.Context, name string) error {
	return s.store.SetCanned(ctx, Canned{Name: name})
}
