package portable_test

import (
	"slices"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/notify"
)

// A customer is told in the ways that it chose for a topic: by e-mail, by a short
// message where there is a template for the kind, and by the bell's count.
func TestWays(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		w.store.ByPhone(p.phones.Sends)
		ctx := t.Context()
		const code, mobile = "hangzhou-tea", "13800138000"
		c, ok, err := w.store.Find(ctx, code)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		contact := notify.Contact{Customer: code, Email: "boss@tea.example", Phone: "0571-88886666", Lang: "zh"}
		p.code(p.service().SetContact(ctx, contact), fault.MobileInvalid)
		contact.Phone = mobile
		if err := p.service().SetContact(ctx, contact); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := w.store.Contact(ctx, code); !ok || err != nil || got != contact {
			t.Errorf("%+v %v %v", got, ok, err)
		}
		boss := notify.Reader{Shard: c.Shard, Customer: c.ID, Person: 7, Kinds: billing.CustomerKinds}
		tell := func(kind billing.ItemKind, want notify.Ways) {
			t.Helper()
			mails, shorts := len(p.channel.taken), len(p.phones.sent)
			before, err := w.store.Unread(ctx, boss)
			if err != nil {
				t.Fatal(err)
			}
			p.notices += 2
			n := billing.Notice{Shard: c.Shard, ID: p.notices, Short: p.notices + 1, Customer: c.ID, At: w.now, Item: billing.Item{Kind: kind, Customer: code, Balance: 3_000_000}}
			for range 2 { // the same run again
				p.save(n)
			}
			if _, err := p.service().Turn(ctx, 1); err != nil {
				t.Fatal(err)
			}
			after, err := w.store.Unread(ctx, boss)
			got := notify.Ways{Email: len(p.channel.taken) == mails+1, Phone: len(p.phones.sent) == shorts+1, Page: after == before+1}
			if err != nil || got != want || len(p.channel.taken) > mails+1 || len(p.phones.sent) > shorts+1 {
				t.Errorf("%s: told by %+v, want %+v: %v", kind, got, want, err)
			}
		}
		choose := func(customer catalog.Customer, topic notify.Topic, ways notify.Ways) {
			t.Helper()
			if err := w.store.SetChoices(ctx, customer, notify.Choices{topic: ways}); err != nil {
				t.Fatal(err)
			}
			if got, err := w.store.Choices(ctx, customer); err != nil || got.Ways(topic) != ways {
				t.Errorf("%+v %v", got, err)
			}
		}
		tell(billing.LowBalance, notify.AllWays)
		s := p.phones.sent[0]
		if s.To != mobile || s.Kind != notify.ShortNotice(billing.LowBalance) || !slices.Equal(s.Params, []string{"3.00"}) || s.Text == "" {
			t.Errorf("%+v", s)
		}
		tell(billing.NumberFrozen, notify.Ways{Email: true, Page: true}) // no template
		choose(c, notify.OfMoney, notify.Ways{Phone: true})
		tell(billing.LowBalance, notify.Ways{Phone: true})
		tell(billing.NumberFrozen, notify.Ways{Email: true, Page: true}) // another topic
		choose(c, notify.OfMoney, notify.Ways{Email: true, Page: true})
		tell(billing.LowBalance, notify.Ways{Email: true, Page: true})
		other := c
		other.ID++
		choose(other, notify.OfMoney, notify.Ways{})
		tell(billing.LowBalance, notify.Ways{Email: true, Page: true})
		contact.Email = ""
		if err := p.service().SetContact(ctx, contact); err != nil {
			t.Fatal(err)
		}
		choose(c, notify.OfMoney, notify.AllWays)
		tell(billing.LowBalance, notify.Ways{Phone: true, Page: true})
	})
}

// Every kind that customers are told of has a topic, and those of staff have none.
func TestTopics(t *testing.T) {
	t.Parallel()
	for _, k := range billing.NoticeKinds() {
		if slices.Contains(notify.Topics(), notify.TopicOf(k)) != slices.Contains(billing.CustomerKinds, k) {
			t.Errorf("%s is of topic %q", k, notify.TopicOf(k))
		}
	}
}

// A node takes what it has a channel for, and leaves the rest to others.
func TestTakesWhatItSends(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		w.store.ByPhone(p.phones.Sends)
		ctx := t.Context()
		if err := p.service().SetContact(ctx, notify.Contact{Customer: "hangzhou-tea", Email: "boss@tea.example", Phone: "13800138000", Lang: "zh"}); err != nil {
			t.Fatal(err)
		}
		n := p.note("hangzhou-tea")
		n.ID, n.Short = 100, 101
		p.save(n)
		for _, c := range []struct{ mails, phones, mobile bool }{{false, true, true}, {true, false, false}} {
			m, ok, err := w.store.TakeMessage(ctx, 1, w.now, w.now.Add(time.Minute), c.mails, c.phones)
			if err != nil || !ok || m.ToMobile() != c.mobile {
				t.Errorf("%+v: %+v %v %v", c, m, ok, err)
			}
		}
	})
}
