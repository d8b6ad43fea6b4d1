package mail_test

import (
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"sibai/internal/mail"
	"sibai/internal/notify"
	"sibai/test/smtpsink"
)

var _ notify.Channel = (*mail.Sender)(nil)

var about = notify.Mail{
	Key: "msg_7", To: "boss@tea.example", Subject: "余额提醒\r\nBcc: thief@example.com", Body: "您好：\n\n.余额 ¥3.00\n",
	At: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC),
}

func sender(t *testing.T, s *smtpsink.Sink, security string) *mail.Sender {
	t.Helper()
	m, err := mail.New(mail.Config{Host: s.Host, Port: s.Port, Security: security, From: "四百 <notice@400.example>"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSend is a whole conversation; what arrives is what was sent, and a
// subject cannot add headers or recipients.
func TestSend(t *testing.T) {
	t.Parallel()
	sink := smtpsink.Start(t)
	if err := sender(t, sink, "none").Send(t.Context(), about); err != nil {
		t.Fatal(err)
	}
	got := <-sink.Mails()
	if got.From != "notice@400.example" || got.To != about.To {
		t.Errorf("from %q to %q", got.From, got.To)
	}
	msg, err := got.Message()
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != "余额提醒  Bcc: thief@example.com" || msg.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, bcc %q, %v", subject, msg.Header.Get("Bcc"), err)
	}
	if id := msg.Header.Get("Message-Id"); id != "<msg_7@400.example>" {
		t.Errorf("Message-ID %q", id)
	}
	if auto := msg.Header.Get("Auto-Submitted"); auto != "auto-generated" {
		t.Errorf("Auto-Submitted %q", auto)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
	if err != nil || strings.TrimRight(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n") != strings.TrimRight(about.Body, "\n") {
		t.Errorf("body %q, %v", body, err)
	}
}

// TestRefused tells answers that are for good from those that are for now.
func TestRefused(t *testing.T) {
	t.Parallel()
	for line, final := range map[string]bool{"550 no such mailbox": true, "451 try later": false} {
		sink := smtpsink.Start(t)
		sink.Refuse(line)
		err := sender(t, sink, "none").Send(t.Context(), about)
		refused := (*notify.Refusal)(nil)
		if err == nil || errors.As(err, &refused) != final {
			t.Errorf("%s: %v, final %v", line, err, refused != nil)
		}
	}
}

// TestNeverInPlain: a server without STARTTLS gets nothing unless the settings
// allow it.
func TestNeverInPlain(t *testing.T) {
	t.Parallel()
	sink := smtpsink.Start(t)
	if err := sender(t, sink, "starttls").Send(t.Context(), about); err == nil {
		t.Error("sent without TLS")
	}
	select {
	case m := <-sink.Mails():
		t.Errorf("the server got %q", m.Data)
	default:
	}
}
