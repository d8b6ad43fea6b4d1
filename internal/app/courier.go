package app

import (
	"context"
	"time"

	"sibai/internal/config"
	"sibai/internal/identity"
	"sibai/internal/notify"
	"sibai/internal/order"
	"sibai/internal/web/account"
)

// signing brings the one-time codes of orders to their handlers. It implements
// order.Sender.
type signing struct{ *notify.Service }

func (s signing) Reach(h order.Handler) (to string, ok bool) {
	return s.Service.Reach(h.Phone, h.Email)
}

func (s signing) SendCode(ctx context.Context, o order.Order, code string, holds time.Duration) error {
	digits := make([]string, len(o.Items))
	for i, item := range o.Items {
		digits[i] = item.Digits
	}
	return s.Service.SendCode(ctx, notify.Code{
		Kind: notify.ToSign, To: o.OneTime.To, Lang: o.Handler.Lang, Code: code, Valid: holds, About: notify.Numbers(digits),
		Shard: o.Shard, Customer: o.Customer,
	})
}

// courier brings codes for signing in, and invitations. It implements
// identity.Courier.
type courier struct {
	*notify.Service
	cfg config.Config
}

func (c courier) Reaches(login string) bool { return c.Service.Reaches(notify.ToSignIn, login) }

func (c courier) Invites(login string) bool { return c.Service.Reaches(notify.Invitation, login) }

func (c courier) SendCode(ctx context.Context, login, lang, code string, holds time.Duration) error {
	return c.Service.SendCode(ctx, notify.Code{Kind: notify.ToSignIn, To: login, Lang: lang, Code: code, Valid: holds})
}

func (c courier) SendLink(ctx context.Context, in identity.Invited, company, lang string) error {
	staff := company == ""
	link := c.cfg.Public.Link(c.cfg.Public.Listen)
	if staff {
		link = c.cfg.HTTP.Link(c.cfg.HTTP.Listen)
	}
	if in.Key != "" {
		link += account.WelcomePath(staff, in.Key)
	} else {
		link += account.SignInPath(staff)
	}
	return c.SendInvite(ctx, notify.Invite{To: in.Person.Login, Lang: lang, Name: in.Person.Name, Company: company, Link: link, Key: in.Key})
}
