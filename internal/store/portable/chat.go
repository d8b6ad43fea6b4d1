package portable

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"sibai/internal/chat"
	"sibai/internal/fault"
)

type chatRow struct {
	bun.BaseModel `bun:"table:chat"`
	ID            int64  `bun:"id,pk"`
	Key           string `bun:"key"`
	Origin        string `bun:"origin"`
	Lang          string `bun:"lang"`
	Name          string `bun:"name"`
	Contact       string `bun:"contact"`
	Offline       int    `bun:"offline"`
	CreatedAt     int64  `bun:"created_at"`
	LastAt        int64  `bun:"last_at"`
	Messages      int    `bun:"messages"`
	Waiting       int    `bun:"waiting"`
	ClosedAt      int64  `bun:"closed_at"`
	CalledAt      int64  `bun:"called_at"`
	CalledBy      string `bun:"called_by"`
	CalledNote    string `bun:"called_note"`
}

func chatToRow(c chat.Conversation) chatRow {
	return chatRow{
		ID: int64(c.ID), Key: hex.EncodeToString(c.Key[:]), Origin: c.Origin, Lang: c.Lang, Name: c.Name, Contact: c.Contact,
		Offline: flag(c.Offline), CreatedAt: micros(c.CreatedAt), LastAt: micros(c.LastAt), Messages: c.Messages,
		Waiting: flag(c.Waiting), ClosedAt: micros(c.ClosedAt),
		CalledAt: micros(c.Called.At), CalledBy: c.Called.By, CalledNote: c.Called.Note,
	}
}

func (r chatRow) conversation() (chat.Conversation, error) {
	c := chat.Conversation{
		ID: chat.ID(r.ID), Origin: r.Origin, Lang: r.Lang, Name: r.Name, Contact: r.Contact, Offline: r.Offline != 0,
		CreatedAt: instant(r.CreatedAt), LastAt: instant(r.LastAt), Messages: r.Messages, Waiting: r.Waiting != 0, ClosedAt: instant(r.ClosedAt),
		Called: chat.Called{At: instant(r.CalledAt), By: r.CalledBy, Note: r.CalledNote},
	}
	if n, err := hex.Decode(c.Key[:], []byte(r.Key)); err != nil || n != len(c.Key) {
		return c, fmt.Errorf("%s: the hash of its key cannot be read", c.ID)
	}
	return c, nil
}

type chatMessageRow struct {
	bun.BaseModel `bun:"table:chat_message"`
	Chat          int64  `bun:"chat,pk"`
	Seq           int    `bun:"seq,pk"`
	At            int64  `bun:"at"`
	Staff         string `bun:"staff"`
	Token         string `bun:"token"`
	Said          string `bun:"said"`
}

func chatMessageToRow(c chat.ID, m chat.Message) chatMessageRow {
	return chatMessageRow{Chat: int64(c), Seq: m.Seq, At: micros(m.At), Staff: m.Staff, Token: m.Token, Said: m.Text}
}

func (r chatMessageRow) message() chat.Message {
	return chat.Message{Seq: r.Seq, At: instant(r.At), Staff: r.Staff, Token: r.Token, Text: r.Said}
}

type chatPresenceRow struct {
	bun.BaseModel `bun:"table:chat_presence"`
	Name          string `bun:"name,pk"`
	Until         int64  `bun:"until_at"`
}

type chatCannedRow struct {
	bun.BaseModel `bun:"table:chat_canned"`
	Name          string `bun:"name,pk"`
	Said          string `bun:"said"`
}

// AddConversation keeps a new conversation. It implements chat.Store.
func (s *Store) AddConversation(ctx context.Context, c chat.Conversation, first chat.Message, since time.Time, allow func(origin, all int) error) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		all, err := in.NewSelect().Model((*chatRow)(nil)).Conn(in.tx).Where("created_at > ?", micros(since)).Count(ctx)
		if err != nil {
			return failed(err, "count conversations")
		}
		here, err := in.NewSelect().Model((*chatRow)(nil)).Conn(in.tx).Where("created_at > ? AND origin = ?", micros(since), c.Origin).Count(ctx)
		if err != nil {
			return failed(err, "count conversations")
		}
		if err := allow(int(here), int(all)); err != nil {
			return err
		}
		if err := insert(ctx, in, []chatRow{chatToRow(c)}, ""); err != nil {
			return err
		}
		return insert(ctx, in, []chatMessageRow{chatMessageToRow(c.ID, first)}, "")
	})
}

// Conversation reads a conversation. It implements chat.Store.
func (s *Store) Conversation(ctx context.Context, id chat.ID) (c chat.Conversation, ok bool, err error) {
	err = s.reading(ctx, func(in session) error {
		c, ok, err = oneConversation(ctx, in, id)
		return err
	})
	return c, ok, err
}

func oneConversation(ctx context.Context, s session, id chat.ID) (c chat.Conversation, ok bool, err error) {
	found, err := all[chatRow](ctx, s, "id = ?", int64(id))
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	if c, err = found[0].conversation(); err != nil {
		return c, false, failed(err, "read a conversation")
	}
	return c, true, nil
}

// ChangeConversation lets f decide on a conversation and writes what it says;
// business writes are done one at a time. It implements chat.Store.
func (s *Store) ChangeConversation(ctx context.Context, id chat.ID, token string, since time.Time, f func(chat.File) (chat.Writes, error)) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		c, ok, err := oneConversation(ctx, in, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.ChatNotFound)
		}
		file := chat.File{Conversation: c}
		count := func(where string, args ...any) (int, error) {
			n, err := in.NewSelect().Model((*chatMessageRow)(nil)).Conn(in.tx).Where("chat = ?", int64(id)).Where(where, args...).Count(ctx)
			if err != nil {
				return 0, failed(err, "count messages")
			}
			return int(n), nil
		}
		if file.Recent, err = count("at > ? AND staff = ''", micros(since)); err != nil {
			return err
		}
		if token != "" {
			n, err := count("token = ?", token)
			if err != nil {
				return err
			}
			file.Said = n > 0
		}
		w, err := f(file)
		if err != nil || w.Conversation == c {
			return err
		}
		if err := insert(ctx, in, []chatRow{chatToRow(w.Conversation)}, "id"); err != nil {
			return err
		}
		if w.Message.Text == "" {
			return nil
		}
		return insert(ctx, in, []chatMessageRow{chatMessageToRow(id, w.Message)}, "")
	})
}

// Messages lists the messages of a conversation. It implements chat.Store.
func (s *Store) Messages(ctx context.Context, id chat.ID) ([]chat.Message, error) {
	var found []chatMessageRow
	if err := s.db.NewSelect().Model(&found).Where("chat = ?", int64(id)).Order("seq").Scan(ctx); err != nil {
		return nil, failed(err, "read messages")
	}
	return rows(found, chatMessageRow.message), nil
}

// Conversations lists the last conversations. It implements chat.Store.
func (s *Store) Conversations(ctx context.Context, limit int) (list []chat.Conversation, err error) {
	err = s.reading(ctx, func(in session) error {
		for _, part := range []struct{ where, order string }{
			{"waiting <> 0", "last_at, id"}, {"waiting = 0", "last_at DESC, id DESC"},
		} {
			var found []chatRow
			if limit <= len(list) {
				break
			}
			err := in.NewSelect().Model(&found).Conn(in.tx).Where(part.where).OrderExpr(part.order).Limit(int64(limit - len(list))).Scan(ctx)
			if err != nil {
				return failed(err, "list conversations")
			}
			for _, r := range found {
				c, err := r.conversation()
				if err != nil {
					return failed(err, "list conversations")
				}
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}

// SetPresence keeps until when somebody is there. It implements chat.Store.
func (s *Store) SetPresence(ctx context.Context, name string, until time.Time) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		return insert(ctx, in, []chatPresenceRow{{Name: name, Until: micros(until)}}, "name")
	})
}

// Present lists who is there. It implements chat.Store.
func (s *Store) Present(ctx context.Context, at time.Time) ([]string, error) {
	var found []chatPresenceRow
	if err := s.db.NewSelect().Model(&found).Where("until_at > ?", micros(at)).Order("name").Scan(ctx); err != nil {
		return nil, failed(err, "read who is there")
	}
	return rows(found, func(r chatPresenceRow) string { return r.Name }), nil
}

// Canned lists the canned answers. It implements chat.Store.
func (s *Store) Canned(ctx context.Context) ([]chat.Canned, error) {
	var found []chatCannedRow
	if err := s.db.NewSelect().Model(&found).Order("name").Scan(ctx); err != nil {
		return nil, failed(err, "read the canned answers")
	}
	return rows(found, func(r chatCannedRow) chat.Canned { return chat.Canned{Name: r.Name, Text: r.Said} }), nil
}

// SetCanned keeps or removes a canned answer. It implements chat.Store.
func (s *Store) SetCanned(ctx context.Context, c chat.Canned) error {
	return s.writing(ctx, func(ctx context.Context, in session) error {
		if c.Text != "" {
			return insert(ctx, in, []chatCannedRow{{Name: c.Name, Said: c.Text}}, "name")
		}
		if _, err := in.NewDelete().Model((*chatCannedRow)(nil)).Conn(in.tx).Where("name = ?", c.Name).Exec(ctx); err != nil {
			return failed(err, "remove a canned answer")
		}
		return nil
	})
}
