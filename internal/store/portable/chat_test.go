package portable_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/chat"
	"sibai/internal/fault"
	"sibai/internal/store/portable"
	"sibai/internal/tasks"
)

var _ chat.Store = (*portable.Store)(nil)

func newChat(w *world) *chat.Service {
	var ids atomic.Int64
	ids.Store(1 << 50)
	return chat.New(w.store, func() int64 { return ids.Add(1) }, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
}

var home = netip.MustParseAddr("203.0.113.7")

// TestChat is a conversation from its beginning to its end, seen from both
// sides, and what each side may not do.
func TestChat(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.set(june)
		s := newChat(w)
		code := func(err error, want fault.Code) {
			t.Helper()
			if fault.CodeOf(err) != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		c, key, err := s.Begin(ctx, chat.Start{Name: " 李\n雷 ", Text: " 多少钱？\r\n<b>\u202e ", Lang: "zh", Address: home, Token: "t0"})
		ok(err)
		ok(s.Say(ctx, c.ID, key, "t1", "还在吗"))
		ok(s.Say(ctx, c.ID, key, "t1", "还在吗")) // the button was pressed twice
		w.set(june.Add(time.Second))
		ok(s.Answer(ctx, c.ID, "小王", "t2", "在"))

		// The other node knows as much: nothing is in the process.
		got, list, err := newChat(w).Open(ctx, c.ID, key)
		ok(err)
		want := []chat.Message{
			{Seq: 1, At: june, Token: "t0", Text: "多少钱？\n<b>"}, {Seq: 2, At: june, Token: "t1", Text: "还在吗"},
			{Seq: 3, At: june.Add(time.Second), Staff: "小王", Token: "t2", Text: "在"},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Error(diff)
		}
		if got.Name != "李 雷" || got.Messages != 3 || got.Waiting || !got.LastAt.Equal(june.Add(time.Second)) || strings.Contains(got.Origin, "203") {
			t.Errorf("%+v", got)
		}
		_, _, err = s.Open(ctx, c.ID, key[1:])
		code(err, fault.ChatNotFound)
		_, _, err = s.Open(ctx, c.ID+1, key)
		code(err, fault.ChatNotFound)
		code(s.Say(ctx, c.ID, "", "t3", "x"), fault.ChatNotFound)
		code(s.End(ctx, c.ID, "x"), fault.ChatNotFound)
		code(s.Say(ctx, c.ID, key, "t3", " \n"), fault.ChatTextEmpty)
		code(s.Say(ctx, c.ID, key, "t3", strings.Repeat("字", chat.MaxText+1)), fault.ChatTextLong)
		ok(s.Say(ctx, c.ID, key, "t3", strings.Repeat("字", chat.MaxText)))
		code(s.Answer(ctx, c.ID, " ", "t4", "x"), fault.ChatNameMissing)
		code(s.Answer(ctx, c.ID+1, "小王", "t4", "x"), fault.ChatNotFound)

		// A minute's messages, then one a minute later.
		var fast error
		for i := 0; fast == nil && i < 100; i++ {
			fast = s.Say(ctx, c.ID, key, fmt.Sprint("f", i), "x")
		}
		code(fast, fault.ChatTooFast)
		ok(s.Answer(ctx, c.ID, "小王", "t5", "慢一点"))
		w.set(june.Add(2 * time.Minute))
		ok(s.Say(ctx, c.ID, key, "t6", "好"))

		ok(s.End(ctx, c.ID, key))
		ok(s.Close(ctx, c.ID))
		code(s.Say(ctx, c.ID, key, "t7", "x"), fault.ChatClosed)
		code(s.Answer(ctx, c.ID, "小王", "t8", "x"), fault.ChatClosed)
		if got, _, err = s.Read(ctx, c.ID); err != nil || !s.Closed(got) || got.Waiting || !got.ClosedAt.Equal(june.Add(2*time.Minute)) {
			t.Errorf("closed: %+v, %v", got, err)
		}
	})
}

// TestChatLimits: a day's silence ends a conversation but not a message that
// was left; a conversation has an end; one address begins only so many.
func TestChatLimits(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.set(june)
		s := newChat(w)
		begin := func(from string, in chat.Start) (chat.Conversation, string, error) {
			in.Address, in.Text = netip.MustParseAddr(from), "x"
			return s.Begin(ctx, in)
		}
		if _, _, err := begin("203.0.113.9", chat.Start{Offline: true, Contact: "later"}); fault.CodeOf(err) != fault.ChatContactInvalid {
			t.Errorf("a contact that nobody can use: %v", err)
		}
		left, key, err := begin("203.0.113.9", chat.Start{Offline: true, Contact: "0571-8888 6666"})
		if err != nil {
			t.Fatal(err)
		}
		talk, _, err := begin("203.0.113.9", chat.Start{})
		if err != nil {
			t.Fatal(err)
		}
		// Both wait; who left a message is called, and it waits no more until more is
		// written. A day later only that waits which nobody else ends.
		w.waits(t, tasks.Chats, 2)
		if err := s.CallBack(ctx, talk.ID, "小王", ""); fault.CodeOf(err) != fault.ChatNoContact {
			t.Errorf("called without a contact: %v", err)
		}
		if err := s.CallBack(ctx, left.ID, " ", ""); fault.CodeOf(err) != fault.ChatNameMissing {
			t.Errorf("called by nobody: %v", err)
		}
		if err := s.CallBack(ctx, left.ID, "小王", strings.Repeat("字", chat.MaxNote+1)); fault.CodeOf(err) != fault.ChatTextLong {
			t.Errorf("a note that is too long: %v", err)
		}
		if err := s.CallBack(ctx, left.ID, "小王", "约了 周五\n再打"); err != nil {
			t.Fatal(err)
		}
		w.waits(t, tasks.Chats, 1)
		if c, _, err := s.Read(ctx, left.ID); err != nil || c.Waiting || c.Called != (chat.Called{At: june, By: "小王", Note: "约了 周五 再打"}) {
			t.Errorf("called: %+v, %v", c, err)
		}
		if err := s.Say(ctx, left.ID, key, "more", "x"); err != nil {
			t.Fatal(err)
		}
		w.set(june.Add(25 * time.Hour))
		w.waits(t, tasks.Chats, 1)
		if err := s.CallBack(ctx, talk.ID, "小王", ""); fault.CodeOf(err) != fault.ChatClosed {
			t.Errorf("called after it was over: %v", err)
		}
		w.set(june)
		for i := range chat.MaxMessages - 2 {
			if err := s.Answer(ctx, left.ID, "小王", fmt.Sprint(i), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Say(ctx, left.ID, key, "end", "x"); fault.CodeOf(err) != fault.ChatFull {
			t.Errorf("a conversation without an end: %v", err)
		}
		var many error
		n := 2
		for ; many == nil && n < 100; n++ {
			_, _, many = begin("203.0.113.9", chat.Start{})
		}
		if fault.CodeOf(many) != fault.ChatTooMany || n > 20 {
			t.Errorf("%d conversations from one address, then %v", n, many)
		}
		for i := range 20 { // one network of IPv6 is one address
			_, _, err = begin(fmt.Sprintf("2001:db8::%x", i+1), chat.Start{})
		}
		if fault.CodeOf(err) != fault.ChatTooMany {
			t.Errorf("from one network: %v", err)
		}
		w.set(june.Add(25 * time.Hour))
		if _, _, err := begin("203.0.113.9", chat.Start{}); err != nil {
			t.Errorf("the next day: %v", err)
		}
		if !s.Closed(talk) || s.Closed(left) {
			t.Error("after a day a conversation is over, a message that was left is not")
		}
		if err := s.Answer(ctx, talk.ID, "小王", "z", "x"); fault.CodeOf(err) != fault.ChatClosed {
			t.Errorf("an answer to one that is over: %v", err)
		}
	})
}

// TestDesk: who waits longest comes first; who is there is there for a minute.
func TestDesk(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := newChat(w)
		var ids []chat.ID
		for i := range 4 {
			w.set(june.Add(time.Duration(i) * time.Second))
			c, _, err := s.Begin(ctx, chat.Start{Text: "x", Lang: "zh", Address: home})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		w.set(june.Add(10 * time.Second))
		err := errors.Join(s.Answer(ctx, ids[1], "小王", "a", "好"), s.Here(ctx, "小王"), s.Here(ctx, "Ann"))
		w.set(june.Add(20 * time.Second))
		err = errors.Join(err, s.Answer(ctx, ids[0], "Ann", "b", "ok"), s.Here(ctx, "Ann"), s.Here(ctx, "小李"), s.Away(ctx, "小李"))
		if err != nil {
			t.Fatal(err)
		}
		look := func() ([]chat.ID, []string) {
			d, err := s.Desk(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var order []chat.ID
			for _, c := range d.Conversations {
				order = append(order, c.ID)
			}
			return order, d.Present
		}
		order, there := look()
		if want := []chat.ID{ids[2], ids[3], ids[0], ids[1]}; !slices.Equal(order, want) {
			t.Errorf("in the order %v, want %v", order, want)
		}
		if !slices.Equal(there, []string{"Ann", "小王"}) {
			t.Errorf("there are %v", there)
		}
		w.set(june.Add(75 * time.Second))
		if _, there = look(); !slices.Equal(there, []string{"Ann"}) {
			t.Errorf("a minute later there are %v", there)
		}

		for i := range chat.MaxCanned {
			err = errors.Join(err, s.SetCanned(ctx, chat.Canned{Name: fmt.Sprintf("%02d", i), Text: "x"}))
		}
		err = errors.Join(err, s.SetCanned(ctx, chat.Canned{Name: "07", Text: "变了"}))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetCanned(ctx, chat.Canned{Name: "one more", Text: "x"}); fault.CodeOf(err) != fault.ChatCannedFull {
			t.Errorf("no end of canned answers: %v", err)
		}
		if err := errors.Join(s.RemoveCanned(ctx, "08"), s.RemoveCanned(ctx, "08")); err != nil {
			t.Error(err)
		}
		if list, err := s.Canned(ctx); err != nil || len(list) != chat.MaxCanned-1 || list[7].Text != "变了" || list[8].Name != "09" {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// TestChatTogether: both sides write at once over two services; every message
// is there once and in one order.
func TestChatTogether(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		w.set(june)
		c, key, err := newChat(w).Begin(t.Context(), chat.Start{Text: "x", Address: home})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for _, f := range []func(*chat.Service, string) error{
			func(s *chat.Service, n string) error { return s.Say(t.Context(), c.ID, key, "v"+n, "v"+n) },
			func(s *chat.Service, n string) error { return s.Answer(t.Context(), c.ID, "小王", "s"+n, "s"+n) },
		} {
			for range 2 { // each form is sent twice
				all.Go(func() {
					s := newChat(w)
					for i := range 8 {
						if err := f(s, fmt.Sprint(i)); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		_, list, err := newChat(w).Read(t.Context(), c.ID)
		if err != nil || len(list) != 17 {
			t.Fatalf("%d messages, %v", len(list), err)
		}
		seen := map[string]bool{}
		for i, m := range list {
			if m.Seq != i+1 || seen[m.Text] {
				t.Errorf("message %d: %+v", i, m)
			}
			seen[m.Text] = true
		}
	})
}
