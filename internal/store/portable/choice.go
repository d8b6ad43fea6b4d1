package portable

import (
	"context"

	"github.com/uptrace/bun"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/notify"
)

type noticeChoiceRow struct {
	bun.BaseModel `bun:"table:notice_choice"`
	Shard         int    `bun:"shard,pk"`
	Customer      int64  `bun:"customer,pk"`
	Topic         string `bun:"topic,pk"`
	Email         int    `bun:"email"`
	Phone         int    `bun:"phone"`
	Page          int    `bun:"page"`
}

// ByPhone sets which kinds of notices are queued for mobiles: those that a channel
// has a template for. It is to be called before the store is used.
func (s *Store) ByPhone(sends func(notify.Kind) bool) { s.byPhone = sends }

// Choices reads how a customer wants to be told of what.
func (s *Store) Choices(ctx context.Context, c catalog.Customer) (out notify.Choices, err error) {
	err = s.reading(ctx, func(in session) error {
		out, err = choicesOf(ctx, in, c.Shard, int64(c.ID))
		return err
	})
	return out, err
}

func choicesOf(ctx context.Context, in session, shard int, customer int64) (notify.Choices, error) {
	found, err := all[noticeChoiceRow](ctx, in, "shard = ? AND customer = ?", shard, customer)
	out := notify.Choices{}
	for _, r := range found {
		out[notify.Topic(r.Topic)] = notify.Ways{Email: r.Email != 0, Phone: r.Phone != 0, Page: r.Page != 0}
	}
	return out, err
}

// SetChoices keeps how a customer wants to be told of topics.
func (s *Store) SetChoices(ctx context.Context, c catalog.Customer, choices notify.Choices) error {
	var list []noticeChoiceRow
	for topic, w := range choices {
		list = append(list, noticeChoiceRow{
			Shard: c.Shard, Customer: int64(c.ID), Topic: string(topic), Email: flag(w.Email), Phone: flag(w.Phone), Page: flag(w.Page),
		})
	}
	return s.writing(ctx, func(ctx context.Context, in session) error {
		return insert(ctx, in, list, "shard, customer, topic")
	})
}

// queued are the messages that a notice makes: to the contact's e-mail address and to
// its mobile, as far as the customer wants them.
func queued(s session, n noticeRow, short int64, to contactRow, w notify.Ways) (list []outboxRow) {
	message := outboxRow{
		Shard: n.Shard, ID: n.ID, Customer: n.Customer, At: n.At, Address: to.Email, Lang: to.Lang, Body: n.Body,
		State: string(notify.Queued), QueuedAt: n.At, NextAt: n.At, Kind: string(notify.OfNotice),
	}
	if to.Email != "" && w.Email {
		list = append(list, message)
	}
	if to.Phone != "" && w.Phone && short != 0 && s.byPhone != nil && s.byPhone(notify.ShortNotice(billing.ItemKind(n.Kind))) {
		message.ID, message.Address = short, to.Phone
		list = append(list, message)
	}
	return list
}
