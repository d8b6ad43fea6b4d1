package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"sibai/test/parts"
)

// Switch is another switch that has its calls charged over the API.
type Switch struct {
	API    netip.AddrPort
	Secret string
	client http.Client
}

// APIListen gives an installation an address for the API: the setting, in YAML.
func APIListen() (netip.AddrPort, string, error) {
	free, err := parts.FreePort(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	return free, fmt.Sprintf("api: {listen: %q}", free), err
}

// NewSwitch makes a switch with a key of its own.
func (in *Installation) NewSwitch(ctx context.Context, api netip.AddrPort, name string) (*Switch, error) {
	out, err := in.Run(ctx, "key", "create", name)
	if err != nil {
		return nil, err
	}
	s := &Switch{API: api, Secret: strings.TrimSpace(string(out))}
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	return s, nil
}

// Charged is what the API answers about a call.
type Charged struct {
	Granted   int64  `json:"granted_seconds"`
	Refused   string `json:"refused"`
	State     string `json:"state"`
	Recovered bool   `json:"recovered"`
	Charge    struct {
		Micro int64 `json:"micro"`
	} `json:"charge"`
	Code string `json:"code"`
}

// Ask does one operation on a call. A status that is no answer to it is an
// error.
func (s *Switch) Ask(ctx context.Context, call, operation string, body map[string]any) (Charged, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Charged{}, err
	}
	at := fmt.Sprintf("http://%s/api/v1/calls/%s/%s", s.API, url.PathEscape(call), operation)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(text))
	if err != nil {
		return Charged{}, err
	}
	req.Header.Set("Authorization", "Bearer "+s.Secret)
	res, err := s.client.Do(req)
	if err != nil {
		return Charged{}, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return Charged{}, err
	}
	c := Charged{}
	if err := json.Unmarshal(answer, &c); err != nil || res.StatusCode != http.StatusOK {
		return c, fmt.Errorf("%s of %s: %s %s", operation, call, res.Status, answer)
	}
	return c, nil
}
