// Package sms sends short messages to mobile phones over a vendor: Aliyun, Tencent
// Cloud, or a gateway of the operator's own that takes a webhook. It implements
// notify.Phones. It refuses to know when something is sent, and keeps nothing.
//
// In mainland China a message is a template that the vendor approved before, with
// what fills its places; kinds without a template are not sent.
package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"sibai/internal/notify"
)

// Template is what a vendor approved for a kind of message.
type Template struct {
	ID string
	// Names are the places that it has, of those that the kind can fill, in the
	// order of the template.
	Names []string
}

// ParseTemplate reads a template of a kind as settings have it: SMS_154950909, or
// SMS_154950909:code,minutes to name the places that it has; else it has all. For
// a webhook, which has no templates, any word stands for one.
func ParseTemplate(kind notify.Kind, text string) (Template, error) {
	known := notify.Places(kind)
	id, list, named := strings.Cut(strings.TrimSpace(text), ":")
	t := Template{ID: strings.TrimSpace(id), Names: known}
	if t.ID == "" {
		return t, fmt.Errorf("%q has no template before the colon", text)
	}
	if !named {
		return t, nil
	}
	t.Names = nil
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if index(known, name) < 0 {
			return t, fmt.Errorf("%q is no place of such a message: it has %s", name, strings.Join(known, ", "))
		}
		t.Names = append(t.Names, name)
	}
	return t, nil
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

// Config is a vendor's account.
type Config struct {
	Address   string // of the vendor's interface, https://host; empty: the vendor's own
	Key       string // AccessKey ID, SecretId; nothing for a webhook
	Secret    string
	Sign      string // 签名, the name in brackets before every message
	App       string // Tencent's SdkAppId
	Region    string // Tencent's; empty: ap-guangzhou
	Templates map[notify.Kind]Template
}

// patience bounds one request.
const patience = 10 * time.Second

// vendor is what the adapters have in common.
type vendor struct {
	cfg    Config
	client *http.Client
	now    func() time.Time
}

func newVendor(cfg Config, address string) vendor {
	if cfg.Address == "" {
		cfg.Address = address
	}
	cfg.Address = strings.TrimRight(cfg.Address, "/")
	// Not followed: a request is signed for where it goes.
	still := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return vendor{cfg, &http.Client{Timeout: patience, CheckRedirect: still}, time.Now}
}

// Sends reports whether there is a template for a kind.
func (v vendor) Sends(kind notify.Kind) bool {
	_, ok := v.cfg.Templates[kind]
	return ok
}

// filled are the places of the message's template with what fills them.
func (v vendor) filled(m notify.Short) (t Template, values []string, err error) {
	t, ok := v.cfg.Templates[m.Kind]
	if !ok {
		return t, nil, &notify.Refusal{Err: fmt.Errorf("no template is set for messages of the kind %s", m.Kind)}
	}
	for _, name := range t.Names {
		i := index(notify.Places(m.Kind), name)
		if i < 0 || i >= len(m.Params) {
			return t, nil, &notify.Refusal{Err: fmt.Errorf("messages of the kind %s have no %s", m.Kind, name)}
		}
		values = append(values, m.Params[i])
	}
	return t, values, nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// ask sends a request and reads its answer as JSON into out, also of a refusal.
func (v vendor) ask(ctx context.Context, req *http.Request, out any) (status int, err error) {
	res, err := v.client.Do(req.WithContext(ctx))
	if err != nil {
		return 0, fmt.Errorf("short message: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return res.StatusCode, fmt.Errorf("short message: read the answer: %w", err)
	}
	if out == nil {
		return res.StatusCode, nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return res.StatusCode, fmt.Errorf("short message: %s answered %d with no JSON: %w", req.URL.Host, res.StatusCode, err)
	}
	return res.StatusCode, nil
}

// refusal is what a vendor answered in place of taking a message over: for good
// unless its code begins with one of passing.
func refusal(code, message string, passing ...string) error {
	err := fmt.Errorf("%s: %s", code, message)
	for _, p := range passing {
		if strings.HasPrefix(code, p) {
			return err
		}
	}
	return &notify.Refusal{Err: err}
}
