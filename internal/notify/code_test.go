package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/fault"
	"sibai/internal/notify"
)

// kept is a store that keeps messages, and nothing else.
type kept struct {
	notify.Store
	list []notify.Message
}

func (k *kept) KeepMessage(_ context.Context, m notify.Message) error {
	k.list = append(k.list, m)
	return nil
}

type mails struct {
	err  error
	list []notify.Mail
}

func (c *mails) Send(_ context.Context, m notify.Mail) error {
	c.list = append(c.list, m)
	return c.err
}

type phones struct {
	err  error
	list []notify.Short
}

func (*phones) Sends(notify.Kind) bool { return true }

func (c *phones) Send(_ context.Context, m notify.Short) error {
	c.list = append(c.list, m)
	return c.err
}

const secret = "271828"

func code(to, lang string) notify.Code {
	return notify.Code{Kind: notify.ToSign, To: to, Lang: lang, Code: secret, Valid: 10 * time.Minute, About: notify.Numbers([]string{"4006001008", "4006001009"})}
}

func service(store notify.Store, mail notify.Channel, phone notify.Phones) *notify.Service {
	next := int64(0)
	return notify.New(notify.Parts{
		Store: store, Channel: mail, Phones: phone, Log: slog.New(slog.DiscardHandler),
		NewID: func() int64 { next++; return next },
	})
}

// A code goes to the phone where short messages are set up, else by e-mail, and
// what is kept of it has no code.
func TestSendCode(t *testing.T) {
	t.Parallel()
	store, mail, phone := &kept{}, &mails{}, &phones{}
	both, onlyMail, none := service(store, mail, phone), service(store, mail, nil), service(store, nil, nil)
	for _, c := range []struct {
		s             *notify.Service
		mobile, email string
		want          string
	}{
		{both, "13800138000", "boss@tea.example", "13800138000"},
		{both, "", "boss@tea.example", "boss@tea.example"},
		{onlyMail, "13800138000", "boss@tea.example", "boss@tea.example"},
		{onlyMail, "13800138000", "", ""},
		{none, "13800138000", "boss@tea.example", ""},
	} {
		to, ok := c.s.Reach(c.mobile, c.email)
		if to != c.want || ok != (c.want != "") {
			t.Errorf("%q %q: %q %v, want %q", c.mobile, c.email, to, ok, c.want)
		}
	}
	if err := both.SendCode(t.Context(), code("13800138000", "zh")); err != nil || len(phone.list) != 1 {
		t.Fatal(err, phone.list)
	}
	short := phone.list[0]
	if short.To != "13800138000" || short.Kind != notify.ToSign || fmt.Sprint(short.Params) != "["+secret+" 10]" || !strings.HasPrefix(short.Text, "验证码 "+secret) {
		t.Errorf("%+v", short)
	}
	if err := both.SendCode(t.Context(), code("boss@tea.example", "en")); err != nil || len(mail.list) != 1 {
		t.Fatal(err, mail.list)
	}
	letter := mail.list[0]
	if letter.To != "boss@tea.example" || !strings.HasPrefix(letter.Body, secret) || !strings.Contains(letter.Body, "400-600-1008 +1") || !strings.Contains(letter.Body, "10 minutes") {
		t.Errorf("%+v", letter)
	}
	if err := none.SendCode(t.Context(), code("13800138000", "zh")); fault.CodeOf(err) != fault.CodeNoChannel {
		t.Error(err)
	}
	states := []notify.State{notify.Sent, notify.Sent} // the third had no channel
	for i, m := range store.list {
		subject, body := m.Text("")
		if m.State != states[i] || strings.Contains(fmt.Sprintf("%+v", m)+subject+body, secret) || !strings.Contains(body, "400-600-1008") {
			t.Errorf("kept %+v: %q %q", m, subject, body)
		}
	}
	if len(store.list) != len(states) {
		t.Errorf("%d are kept", len(store.list))
	}
}

// Who waits for a code is told at once that it could not be sent; why is kept,
// without the code even where the channel repeats it.
func TestCodeNotSent(t *testing.T) {
	t.Parallel()
	store := &kept{}
	s := service(store, nil, &phones{err: errors.New("balance is used up for 验证码 " + secret)})
	err := s.SendCode(t.Context(), code("13800138000", "zh"))
	if fault.CodeOf(err) != fault.CodeNotSent {
		t.Error(err)
	}
	m := store.list[0]
	if m.State != notify.Failed || !strings.Contains(m.Error, "balance is used up") || strings.Contains(m.Error, secret) || !m.SentAt.IsZero() {
		t.Errorf("%+v", m)
	}
}
