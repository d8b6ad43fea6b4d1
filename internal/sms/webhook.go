package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"sibai/internal/notify"
)

// Webhook sends to a gateway of the operator's own: a POST with JSON, signed as
// Standard Webhooks have it (standardwebhooks.com), so that the gateway knows whom
// it is from and knows a second copy. An answer of 2xx takes the message over, 4xx
// but 408, 425 and 429 refuses it for good.
type Webhook struct{ vendor }

// NewWebhook makes one. The secret is base64 with whsec_ before it, or any text.
func NewWebhook(cfg Config) *Webhook { return &Webhook{newVendor(cfg, cfg.Address)} }

// Sends reports that every kind is sent: the gateway has its own templates.
func (w *Webhook) Sends(notify.Kind) bool { return true }

// message is the body.
type message struct {
	To     string            `json:"to"`
	Kind   notify.Kind       `json:"kind"`
	Lang   string            `json:"language"`
	Text   string            `json:"text"`
	Params map[string]string `json:"params"`
}

// Send implements notify.Phones.
func (w *Webhook) Send(ctx context.Context, m notify.Short) error {
	params := map[string]string{}
	for i, name := range notify.Places(m.Kind) {
		if i < len(m.Params) {
			params[name] = m.Params[i]
		}
	}
	body, err := json.Marshal(message{m.To, m.Kind, m.Lang, m.Text, params})
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.Address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("short message: %w", err)
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", m.Key)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", "v1,"+w.sign(m.Key+"."+stamp+"."+string(body)))
	status, err := w.ask(ctx, req, nil)
	if err != nil {
		return err
	}
	if status/100 == 2 {
		return nil
	}
	err = fmt.Errorf("short message: the gateway answered %d", status)
	if status/100 == 4 && status != http.StatusRequestTimeout && status != http.StatusTooEarly && status != http.StatusTooManyRequests {
		return &notify.Refusal{Err: err}
	}
	return err
}

func (w *Webhook) sign(text string) string {
	key := []byte(w.cfg.Secret)
	if rest, ok := bytes.CutPrefix(key, []byte("whsec_")); ok {
		if raw, err := base64.StdEncoding.DecodeString(string(rest)); err == nil {
			key = raw
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
