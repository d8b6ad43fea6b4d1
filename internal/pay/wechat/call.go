package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"sibai/internal/fault"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// refusal is what WeChat Pay says instead of doing what it was asked for.
type refusal struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return r.Code + ": " + r.Message }

// final reports whether asking again would be answered the same.
func (r *refusal) final() bool {
	switch r.status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		return r.Code != "" && r.Code != "SYSTEM_ERROR"
	}
	return false
}

// call asks the API, and reads its answer into out once its signature is found
// right; out is nil where the answer has no body. Faults: provider_refused, with a *refusal inside; provider_unreachable.
func (p *Provider) call(ctx context.Context, method, target string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fault.Wrap(err, fault.Internal)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, p.set.Address+target, bytes.NewReader(body))
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	authorization, err := p.authorization(method, target, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", authorization)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "sibai")
	request.Header.Set(headerSerial, p.set.PublicKeyID) // the key that it shall answer with
	answer, err := p.client.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return unreachable(err)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		r := &refusal{status: answer.StatusCode}
		if err := json.Unmarshal(body, r); err != nil || r.Code == "" {
			return unreachable(errors.New("HTTP status " + strconv.Itoa(answer.StatusCode)))
		}
		return fault.Wrap(r, fault.ProviderRefused, "provider", Name, "reason", r.Error())
	}
	if err := p.genuine(answer.Header, body); err != nil {
		return unreachable(err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return unreachable(err)
	}
	return nil
}

func unreachable(err error) error {
	return fault.Wrap(err, fault.ProviderUnreachable, "provider", Name, "reason", err.Error())
}
