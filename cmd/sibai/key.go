package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/app"
	"sibai/internal/calendar"
	"sibai/internal/explain"
)

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make a key and show its secret, once."`
	List   keyListCmd   `cmd:"" help:"List the keys."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key: requests with it are refused at once, on every node."`
}

type keyCreateCmd struct {
	Client   string   `arg:"" optional:"" help:"Whose key it is, such as pbx-1. Calls belong to a client, whichever of its keys was used."`
	Customer string   `placeholder:"CODE" help:"Make a key for a customer's own programs instead."`
	Name     string   `help:"What to call the key, for people."`
	Scope    []string `placeholder:"SCOPE,…" help:"What it allows. Of the operator's: charge, read (these two by default), office:read, orders:decide, numbers:stock, traces:read, chats:answer, bank:book, documents:see, reviews:vendor, reviews:carrier, payments:refund, numbers:change, prices:plan. Of a customer's (all by default): shop:read, numbers:read, targets:write, orders:read, orders:write, calls:read, money:read, money:write, webhooks:write, documents:read, documents:write, people:read, people:write."`
	JSON     bool     `help:"Print one JSON object."`
}

func (cmd *keyCreateCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	wish := apikey.Wish{Client: cmd.Client, Customer: cmd.Customer, Name: cmd.Name}
	for _, s := range cmd.Scope {
		wish.Scopes = append(wish.Scopes, apikey.Scope(s))
	}
	if len(wish.Scopes) == 0 {
		wish.Scopes = []apikey.Scope{apikey.Charge, apikey.Read}
		if cmd.Customer != "" {
			wish.Scopes = apikey.Customer.Scopes()
		}
	}
	made, err := app.ChangeKeys(ctx, cfg, app.KeyChange{Wish: wish})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"id": made.Key.ID.String(), "client": made.Key.Client, "customer": made.Key.Customer, "scopes": made.Key.Scopes, "secret": made.Secret})
	}
	words := "%s for %s may %s.\nIts secret is shown this once and kept nowhere:\n"
	if c.language() == explain.ZH {
		words = "%s（%s）可执行：%s。\n密钥只显示这一次，系统不保存：\n"
	}
	fmt.Fprintf(os.Stderr, words, made.Key.ID, whose(made.Key), scopes(made.Key.Scopes))
	fmt.Println(made.Secret)
	return nil
}

// whose is whose key it is, for people.
func whose(k apikey.Key) string {
	if k.Customer != "" {
		return "@" + k.Customer
	}
	return k.Client
}

type keyListCmd struct {
	JSON bool `help:"Print one JSON object a key."`
}

func (cmd *keyListCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	keys, err := app.Keys(ctx, cfg)
	if err != nil {
		return err
	}
	if cmd.JSON {
		for _, k := range keys {
			err := json.NewEncoder(os.Stdout).Encode(keyShown{
				k.ID.String(), k.Client, k.Customer, k.Name, k.Scopes, k.CreatedAt, k.LastUsedAt, k.RevokedAt,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, map[bool]string{true: "密钥\t客户端\t权限\t创建\t最近使用\t吊销\t名称", false: "key\tclient\tscopes\tcreated\tlast used\trevoked\tname"}[c.language() == explain.ZH])
	for _, k := range keys {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, whose(k), scopes(k.Scopes), shown(k.CreatedAt), shown(k.LastUsedAt), shown(k.RevokedAt), k.Name)
	}
	return w.Flush()
}

type keyShown struct {
	ID         string         `json:"id"`
	Client     string         `json:"client"`
	Customer   string         `json:"customer,omitempty"`
	Name       string         `json:"name,omitempty"`
	Scopes     []apikey.Scope `json:"scopes"`
	CreatedAt  time.Time      `json:"created_at"`
	LastUsedAt time.Time      `json:"last_used_at,omitzero"`
	RevokedAt  time.Time      `json:"revoked_at,omitzero"`
}

type keyRevokeCmd struct {
	Key string `arg:"" help:"The key's id, key_…, as sibai key list shows it."`
}

func (cmd *keyRevokeCmd) Run(ctx context.Context, c *cli) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	key, err := apikey.ParseID(cmd.Key)
	if err != nil {
		return err
	}
	done, err := app.ChangeKeys(ctx, cfg, app.KeyChange{Revoke: key})
	if err != nil {
		return err
	}
	words := "%s of %s is revoked\n"
	if c.language() == explain.ZH {
		words = "%s（%s）已吊销\n"
	}
	fmt.Printf(words, done.Key.ID, whose(done.Key))
	return nil
}

func scopes(list []apikey.Scope) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return strings.Join(out, ",")
}

func shown(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04")
}
