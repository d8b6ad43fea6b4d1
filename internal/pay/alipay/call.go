package alipay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sibai/internal/fault"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// done is the code of an answer to a request that was carried out.
const done = "10000"

// refusal is what Alipay says instead of doing what it was asked for.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"msg"`
	Sub     string `json:"sub_code"`
	SubText string `json:"sub_msg"`
}

func (r *refusal) Error() string {
	if r.Sub == "" {
		return r.Code + ": " + r.Message
	}
	return r.Sub + ": " + r.SubText
}

// final reports whether asking again would be answered the same: it is a decision
// about the business, and not that a system was busy.
func (r *refusal) final() bool {
	return r.Code == "40004" && r.Sub != "" && !strings.Contains(r.Sub, "SYSTEM_ERROR") && !strings.Contains(r.Sub, "REFUND_PROCESSING")
}

// form is the fields of a request, signed. The notification's address is among them
// where one is sent.
func (p *Provider) form(method string, content any, more map[string]string) (url.Values, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	form := url.Values{
		"app_id": {p.set.App}, "method": {method}, "format": {"JSON"}, "charset": {"utf-8"}, "sign_type": {"RSA2"},
		"timestamp": {p.now().In(china).Format(stamp)}, "version": {"1.0"}, "biz_content": {string(text)},
	}
	switch method {
	case "alipay.trade.precreate", "alipay.trade.page.pay":
		form.Set("notify_url", p.set.Notify)
	}
	for name, value := range more {
		form.Set(name, value)
	}
	signature, err := p.sign(signed(form))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal)
	}
	form.Set("sign", signature)
	return form, nil
}

// call asks the gateway, and reads its answer into out once its signature is found
// right. Faults: provider_refused, with a *refusal inside when Alipay signed it;
// provider_unreachable.
func (p *Provider) call(ctx context.Context, method string, content, out any) error {
	form, err := p.form(method, content, nil)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.set.Address, strings.NewReader(form.Encode()))
	if err != nil {
		return fault.Wrap(err, fault.Internal)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	request.Header.Set("User-Agent", "sibai")
	answer, err := p.client.Do(request)
	if err != nil {
		return unreachable(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return unreachable(err)
	}
	if answer.StatusCode != http.StatusOK {
		return unreachable(errors.New("HTTP status " + strconv.Itoa(answer.StatusCode)))
	}
	return p.read(method, body, out)
}

// read reads an answer. What is signed are the bytes of its node, as they came.
func (p *Provider) read(method string, body []byte, out any) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(body, &parts); err != nil {
		return unreachable(err)
	}
	node, ok := parts[strings.ReplaceAll(method, ".", "_")+"_response"]
	if !ok {
		node = parts["error_response"]
	}
	var signature string
	_ = json.Unmarshal(parts["sign"], &signature) // empty: it is not signed
	var no refusal
	if err := json.Unmarshal(node, &no); err != nil || no.Code == "" {
		return unreachable(errors.New("its answer says nothing of the request"))
	}
	if err := p.genuine(node, signature); err != nil {
		if no.Code != done && signature == "" {
			// A gateway that does not know the application cannot sign for it. Nothing is
			// decided by that.
			return fault.New(fault.ProviderRefused, "provider", Name, "reason", no.Error())
		}
		return unreachable(errors.New("its answer is not signed with the key in alipay.public_key_file"))
	}
	if no.Code != done {
		return fault.Wrap(&no, fault.ProviderRefused, "provider", Name, "reason", no.Error())
	}
	if err := json.Unmarshal(node, out); err != nil {
		return unreachable(err)
	}
	return nil
}

func unreachable(err error) error {
	return fault.Wrap(err, fault.ProviderUnreachable, "provider", Name, "reason", err.Error())
}
