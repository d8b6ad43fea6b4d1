package app

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"strings"

	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/oidc"
	"sibai/internal/web/account"
)

// signOn is how staff sign in by the operator's own accounts; nil when they do not.
func signOn(cfg config.Config) (*account.SSO, error) {
	if cfg.OIDC.Issuer == "" {
		return nil, nil
	}
	set := oidc.Settings{
		Issuer: cfg.OIDC.Issuer, Client: cfg.OIDC.Client, Claim: cfg.OIDC.Claim, Redirect: cfg.HTTP.Link(cfg.HTTP.Listen) + account.SSOPath,
	}
	if cfg.OIDC.SecretFile != "" {
		secret, err := os.ReadFile(cfg.OIDC.SecretFile)
		if err != nil {
			return nil, fault.Wrap(err, fault.FileUnreadable, "file", cfg.OIDC.SecretFile)
		}
		set.Secret = strings.TrimSpace(string(secret))
	}
	name := cfg.OIDC.Name
	if name == "" {
		u, err := url.Parse(cfg.OIDC.Issuer)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal) // config checked it
		}
		name = u.Host
	}
	over := oidc.New(set, nil)
	return &account.SSO{
		Name: name,
		Begin: func(ctx context.Context) (string, []byte, error) {
			address, t, err := over.Begin(ctx)
			if err != nil {
				return "", nil, err
			}
			ticket, err := json.Marshal(t)
			return address, ticket, err
		},
		Finish: func(ctx context.Context, ticket []byte, back url.Values) (string, error) {
			var t oidc.Ticket
			if len(ticket) > 0 {
				if err := json.Unmarshal(ticket, &t); err != nil {
					return "", fault.Wrap(err, fault.Internal)
				}
			}
			return over.Finish(ctx, t, back)
		},
	}, nil
}
