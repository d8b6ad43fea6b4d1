// Package mail sends e-mails over SMTP (RFC 5321), by STARTTLS (RFC 3207) or
// TLS from the first byte (RFC 8314) unless the settings say otherwise. It
// implements notify.Channel. It refuses to know what is sent and when.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"sibai/internal/notify"
)

// Config is the mail server and how it is spoken to.
type Config struct {
	Host     string
	Port     int
	Security string // starttls, tls or none
	User     string // empty: no sign-in
	Password string
	From     string // as in a header: an address, or a name with one in <>
	// Roots are whom the server's certificate may be from; nil: the system's.
	Roots *x509.CertPool
}

// patience bounds one conversation.
const patience = 30 * time.Second

// Sender sends over one mail server. It is safe for concurrent use.
type Sender struct {
	cfg  Config
	from *mail.Address
}

// New makes a sender. It does not speak to the server yet.
func New(cfg Config) (*Sender, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("the sender's address: %w", err)
	}
	s := &Sender{cfg: cfg, from: from}
	if _, err := s.client(nil); err != nil {
		return nil, err
	}
	return s, nil
}

// client makes a client; dialed is told of its connection.
func (s *Sender) client(dialed func(net.Conn)) (*gomail.Client, error) {
	dial := (&net.Dialer{Timeout: patience}).DialContext
	secure := &tls.Config{ServerName: s.cfg.Host, MinVersion: tls.VersionTLS12, RootCAs: s.cfg.Roots}
	if s.cfg.Security == "tls" {
		dial = (&tls.Dialer{Config: secure}).DialContext
	}
	options := []gomail.Option{gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err == nil {
			dialed(c)
		}
		return c, err
	}),
		gomail.WithPort(s.cfg.Port), gomail.WithTimeout(patience)}
	switch s.cfg.Security {
	case "tls":
		options = append(options, gomail.WithSSL())
	case "starttls":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(secure))
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("security %q is none of starttls, tls, none", s.cfg.Security)
	}
	if s.cfg.User != "" {
		options = append(options, s.signIn(), gomail.WithUsername(s.cfg.User), gomail.WithPassword(s.cfg.Password))
	}
	c, err := gomail.NewClient(s.cfg.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", s.cfg.Host, err)
	}
	return c, nil
}

// signIn chooses how to sign in. On a connection that is dialed here the library
// does not see that it is TLS from the first byte, and would keep to ways that hide
// the password, which few servers offer on port 465. It still gives no password to
// a connection without TLS.
func (s *Sender) signIn() gomail.Option {
	if s.cfg.Security != "tls" {
		return gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover)
	}
	return gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5)
}

// Send hands a mail to the server. It implements notify.Channel.
func (s *Sender) Send(ctx context.Context, m notify.Mail) error {
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	if err := msg.To(m.To); err != nil {
		return &notify.Refusal{Err: fmt.Errorf("the address: %w", err)}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(m.At)
	domain := s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	msg.SetMessageIDWithValue(m.Key + "@" + domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answering machine answers
	msg.SetBodyString(gomail.TypeTextPlain, m.Body)
	// The client keeps the connection open when the server offers no STARTTLS.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	open := func(conn net.Conn) { context.AfterFunc(ctx, func() { _ = conn.Close() }) }
	c, err := s.client(open) // one is not safe for concurrent use
	if err != nil {
		return err
	}
	err = c.DialAndSendWithContext(ctx, msg)
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 {
		return &notify.Refusal{Err: err}
	}
	return err
}

// oneLine keeps a header from being two.
func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
