package portable_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sibai/internal/billing"
	"sibai/internal/fault"
	"sibai/internal/notify"
	"sibai/internal/store/portable"
)

// staff reads what the operator's staff is told.
func staff(person int64) notify.Reader {
	return notify.Reader{Person: person, Kinds: billing.StaffKinds}
}

// toldStaff checks that staff was told once of one thing.
func toldStaff(t *testing.T, s *portable.Store, kind billing.ItemKind, subject string) {
	t.Helper()
	list, err := s.Told(t.Context(), staff(1), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(n notify.Told) bool { return n.Item.Kind != kind || n.Item.Subject != subject })
	if len(list) != 1 || list[0].Read {
		t.Errorf("told of %s %s: %+v, want it once", kind, subject, list)
	}
}

// Each person has its own unread notices, of its customer and of what its role lets it
// know; nobody reads another's.
func TestBell(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		ctx := t.Context()
		first := p.note("hangzhou-tea")
		second := p.note("hangzhou-tea")
		boss := notify.Reader{Shard: first.Shard, Customer: first.Customer, Person: 7, Kinds: billing.CustomerKinds}
		clerk, viewer, other, late := boss, boss, boss, boss
		clerk.Person, viewer.Kinds, other.Customer, late.Since = 8, []billing.ItemKind{billing.NumberFrozen}, boss.Customer+1, june.Add(time.Hour)
		unread := func(r notify.Reader, want int) {
			t.Helper()
			if n, err := w.store.Unread(ctx, r); err != nil || n != want {
				t.Errorf("%d unread, want %d: %v", n, want, err)
			}
		}
		list := func(r notify.Reader, before notify.NoticeID, want ...bool) {
			t.Helper()
			told, err := w.store.Told(ctx, r, before, 10)
			got := make([]bool, len(told))
			for i, n := range told {
				got[i] = n.Read
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("read %v, want %v: %v", got, want, err)
			}
		}
		unread(boss, 2)
		list(boss, 0, false, false)
		list(boss, notify.NoticeID(second.ID), false)
		unread(viewer, 0)
		list(viewer, 0)
		unread(notify.Reader{Shard: first.Shard, Customer: first.Customer, Person: 9}, 0) // nothing at all
		unread(other, 0)
		unread(late, 0) // from before it came
		list(late, 0, true, true)
		for _, r := range []notify.Reader{viewer, other, staff(7)} {
			if _, err := w.store.ReadNotice(ctx, r, notify.NoticeID(first.ID)); fault.CodeOf(err) != fault.NoticeNotFound {
				t.Errorf("another's: %v", err)
			}
		}
		for range 2 { // twice is once
			if n, err := w.store.ReadNotice(ctx, boss, notify.NoticeID(first.ID)); err != nil || n.Item.Kind != billing.LowBalance {
				t.Errorf("%+v %v", n, err)
			}
		}
		unread(boss, 1)
		list(boss, 0, false, true)
		unread(clerk, 2)
		for range 2 {
			if err := w.store.ReadNotices(ctx, clerk); err != nil {
				t.Error(err)
			}
		}
		unread(clerk, 0)
		unread(boss, 1)
		p.note("hangzhou-tea")
		unread(clerk, 1)
	})
}

// Staff is told once a day that messages are not taken over, by the first node that
// sees it; and by e-mail, once that works again.
func TestStuckMessages(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		p := newPost(t, w)
		ctx := t.Context()
		p.contact("hangzhou-tea")
		if err := p.service().SetContact(ctx, notify.Contact{Email: "duty@400.example", Lang: "zh"}); err != nil {
			t.Fatal(err)
		}
		if c, ok, err := w.store.Contact(ctx, ""); !ok || err != nil || c.Email != "duty@400.example" {
			t.Errorf("%+v %v %v", c, ok, err)
		}
		p.note("hangzhou-tea")
		p.channel.err = errors.New("451 later")
		for i := range 8 {
			w.set(w.now.Add(time.Duration(1<<i) * time.Minute))
			p.turn(0)
			if n, err := w.store.Unread(ctx, staff(1)); err != nil || n != min(1, i/4) {
				t.Errorf("after try %d: %d told, %v", i+1, n, err)
			}
		}
		toldStaff(t, w.store, billing.ChannelFails, "")
		p.channel.err = nil
		w.set(w.now.Add(notify.Patience / 2))
		p.turn(2)
		w.set(w.now.Add(24 * time.Hour))
		p.turn(0)
		toldStaff(t, w.store, billing.ChannelFails, "") // nothing waits any more
	})
}
