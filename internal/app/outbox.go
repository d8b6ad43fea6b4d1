package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"sibai/internal/billing"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/mail"
	"sibai/internal/notify"
	"sibai/internal/sms"
)

// mailEvery is how often it is looked for messages that are due.
const mailEvery = 15 * time.Second

// messages makes the service of messages, over the mail server that the
// settings name, if any.
func messages(cfg config.Config, store *Store, ids *id.Generator, log *slog.Logger) (*notify.Service, error) {
	var channel notify.Channel
	if m := cfg.Mail; m.Host != "" {
		password := ""
		if m.User != "" {
			text, err := os.ReadFile(m.PasswordFile)
			if err != nil {
				return nil, fmt.Errorf("mail.password_file: %w", err)
			}
			password = strings.TrimRight(string(text), "\r\n")
		}
		roots, err := mailRoots(m.CAFile)
		if err != nil {
			return nil, err
		}
		sender, err := mail.New(mail.Config{Host: m.Host, Port: m.Port, Security: m.Security, User: m.User, Password: password, From: m.From, Roots: roots})
		if err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
		channel = sender
	}
	phones, err := shortMessages(cfg.SMS)
	if err != nil {
		return nil, err
	}
	if phones != nil {
		store.Catalog.ByPhone(phones.Sends)
	}
	return notify.New(notify.Parts{Store: store.Catalog, Channel: channel, Phones: phones, Contact: cfg.Shop.Contact, NewID: ids.Next, Log: log}), nil
}

// mailRoots reads whom the mail server's certificate may be from; nil for the
// system's.
func mailRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("mail.ca_file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fault.New(fault.FileUnreadable, "file", file)
	}
	return roots, nil
}

// shortMessages makes the channel to phones that the settings name; nil for none.
func shortMessages(cfg config.SMS) (notify.Phones, error) {
	if cfg.Provider == "" {
		return nil, nil
	}
	secret, err := os.ReadFile(cfg.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("sms.secret_file: %w", err)
	}
	account := sms.Config{
		Address: cfg.Address, Key: cfg.Key, Secret: strings.TrimRight(string(secret), "\r\n"), Sign: cfg.Sign, App: cfg.App, Region: cfg.Region,
		Templates: map[notify.Kind]sms.Template{},
	}
	for kind, set := range map[notify.Kind]struct{ key, text string }{
		notify.ToSign: {"code_sign", cfg.CodeSign}, notify.ToSignIn: {"code_sign_in", cfg.CodeSignIn},
		notify.ToRing: {"code_ring", cfg.CodeRing}, notify.Invitation: {"invitation", cfg.Invitation},
	} {
		if set.text == "" {
			continue
		}
		if account.Templates[kind], err = sms.ParseTemplate(kind, set.text); err != nil {
			return nil, fmt.Errorf("sms.%s: %w", set.key, err)
		}
	}
	if err := noticeTemplates(cfg.Notices, account.Templates); err != nil {
		return nil, fmt.Errorf("sms.notices: %w", err)
	}
	switch cfg.Provider {
	case "aliyun":
		return sms.NewAliyun(account), nil
	case "tencent":
		return sms.NewTencent(account), nil
	}
	return sms.NewWebhook(account), nil
}

// noticeTemplates reads which notices go to mobiles, and by which templates.
func noticeTemplates(text string, into map[notify.Kind]sms.Template) error {
	rest := ""
	for part := range strings.FieldsSeq(text) {
		name, template, ok := strings.Cut(part, "=")
		switch {
		case !ok:
			return fmt.Errorf("%q is not KIND=TEMPLATE", part)
		case name == "all":
			rest = template
			continue
		case !slices.Contains(billing.NoticeKinds(), billing.ItemKind(name)):
			return fmt.Errorf("%q is no kind of notice", name)
		}
		kind := notify.ShortNotice(billing.ItemKind(name))
		t, err := sms.ParseTemplate(kind, template)
		if err != nil {
			return err
		}
		into[kind] = t
	}
	for _, k := range billing.NoticeKinds() {
		kind := notify.ShortNotice(k)
		if _, named := into[kind]; named || rest == "" {
			continue
		}
		t, err := sms.ParseTemplate(kind, rest)
		if err != nil {
			return err
		}
		into[kind] = t
	}
	return nil
}

// startMailing sends what is due, where a mail server or a vendor of short messages is
// set; other nodes that
// share the store do so too.
func (n *Node) startMailing() {
	if mail, phones := n.notify.Channels(); !mail && !phones {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stopMailing = func() {
		cancel()
		n.mailing.Wait()
	}
	n.mailing.Go(func() {
		tick := time.NewTicker(mailEvery)
		defer tick.Stop()
		for {
			sent, err := n.notify.Turn(ctx, n.cfg.Node)
			if err != nil && ctx.Err() == nil {
				n.log.Error("messages that are due could not all be dealt with; they are tried again", "error", err)
			}
			if sent > 0 {
				n.log.Info("messages were sent", "messages", sent)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// message does the orders that are about messages.
func (d desk) message(ctx context.Context, o Order) (Outcome, error) {
	do := d.notify.Resend
	switch o.Do {
	case DoContact:
		return Outcome{}, d.notify.SetContact(ctx, o.Contact)
	case DoDrop:
		do = d.notify.Drop
	}
	m, err := do(ctx, o.Message)
	return Outcome{Message: &m}, err
}

// Outbox lists messages, the newest first, also while nodes serve the store.
func Outbox(ctx context.Context, cfg config.Config, f notify.Filter) (list []notify.Message, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.Outbox(ctx, f)
		return err
	})
	return list, err
}

// OutboxMessage reads a message. Faults: message_not_found.
func OutboxMessage(ctx context.Context, cfg config.Config, id notify.ID) (m notify.Message, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		var ok bool
		if m, ok, err = s.Catalog.Message(ctx, id); err == nil && !ok {
			err = fault.New(fault.MessageNotFound, "message", id.String())
		}
		return err
	})
	return m, err
}

// Contact reads where a customer is written to; ok is false when it is not.
// Faults: customer_not_found.
func Contact(ctx context.Context, cfg config.Config, customer string) (c notify.Contact, ok bool, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		c, ok, err = s.Catalog.Contact(ctx, customer)
		return err
	})
	return c, ok, err
}
