package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"sibai/internal/apikey"
	"sibai/internal/catalog"
	"sibai/internal/config"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/store/portable"
)

// KeyChange is what is to be done to the API keys: make one, or revoke Revoke.
type KeyChange struct {
	Wish   apikey.Wish
	Revoke apikey.ID
}

// KeyChanged is the key that was made or revoked. Secret is of a new key and is
// kept nowhere.
type KeyChanged struct {
	Key    apikey.Key
	Secret string
}

// ChangeKeys does a change. A node that serves the data directory does it
// itself; otherwise the store is opened here.
func ChangeKeys(ctx context.Context, cfg config.Config, change KeyChange) (KeyChanged, error) {
	if client := nodeOf(cfg); client != nil {
		return changeByNode(ctx, client, change)
	}
	ids, err := id.NewGenerator(cfg.Node, nil)
	if err != nil {
		return KeyChanged{}, fmt.Errorf("node: %w", err)
	}
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return KeyChanged{}, err
	}
	out, err := changeKeys(ctx, store.Catalog, ids, change)
	return out, errors.Join(err, store.Close())
}

// Keys lists the API keys, the oldest first, also while nodes serve the store.
func Keys(ctx context.Context, cfg config.Config) (list []apikey.Key, err error) {
	err = reading(ctx, cfg, func(s *Store) error {
		list, err = s.Catalog.APIKeys(ctx)
		return err
	})
	return list, err
}

func changeKeys(ctx context.Context, store *portable.Store, ids *id.Generator, c KeyChange) (out KeyChanged, err error) {
	now := time.Now()
	if c.Revoke != 0 {
		out.Key, err = store.RevokeAPIKey(ctx, c.Revoke, now)
		return out, err
	}
	if code := c.Wish.Customer; code != "" {
		if _, ok, err := store.Find(ctx, code); err != nil || !ok {
			return out, cmp.Or(err, error(fault.New(fault.CustomerNotFound, "customer", code)))
		}
	}
	if out.Key, out.Secret, err = apikey.Make(apikey.ID(ids.Next()), c.Wish, now); err != nil {
		return KeyChanged{}, err
	}
	if err := store.AddAPIKey(ctx, out.Key); err != nil {
		return KeyChanged{}, err
	}
	return out, nil
}

// keysChanged is what the node answers to /keys.
type keysChanged struct {
	KeyChanged
	applied // only its errors
}

func (n *Node) handleKeys(w http.ResponseWriter, r *http.Request) {
	var change KeyChange
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&change); err != nil {
		answer(w, http.StatusBadRequest, keysChanged{applied: refused(err)})
		return
	}
	done, err := n.changeKeys(r.Context(), change)
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, keysChanged{applied: refused(err)})
		return
	}
	answer(w, http.StatusOK, keysChanged{KeyChanged: done})
}

// changeKeys does a change, and sees it at once.
func (n *Node) changeKeys(ctx context.Context, change KeyChange) (KeyChanged, error) {
	done, err := changeKeys(ctx, n.store.Catalog, n.ids, change)
	if err != nil {
		return done, err
	}
	if err := n.dir.Refresh(ctx); err != nil {
		n.log.Warn("the keys are changed, but the node could not see it yet; it tries again", "error", err)
	}
	return done, nil
}

func changeByNode(ctx context.Context, client *http.Client, change KeyChange) (KeyChanged, error) {
	body, err := json.Marshal(change)
	if err != nil {
		return KeyChanged{}, fault.Wrap(err, fault.Internal)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/keys", bytes.NewReader(body))
	if err != nil {
		return KeyChanged{}, fmt.Errorf("ask the running node: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return KeyChanged{}, fmt.Errorf("ask the running node: %w", err)
	}
	defer res.Body.Close()
	var out keysChanged
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		return KeyChanged{}, fmt.Errorf("read the running node's answer: %w", err)
	}
	return out.KeyChanged, out.err()
}

// maxKeys is how many keys a customer may have that count.
const maxKeys = 20

// customerKeys manages the keys of customers on their pages. It implements keys.Keys.
type customerKeys struct{ n *Node }

// Keys lists a customer's keys, the newest first.
func (k customerKeys) Keys(ctx context.Context, c catalog.Customer) ([]apikey.Key, error) {
	list, err := k.n.store.Catalog.APIKeys(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(key apikey.Key) bool { return key.Customer != c.Code })
	slices.Reverse(list)
	return list, nil
}

// MakeKey makes a key.
func (k customerKeys) MakeKey(ctx context.Context, c catalog.Customer, name string, scopes []apikey.Scope) (apikey.Key, string, error) {
	list, err := k.Keys(ctx, c)
	if err != nil {
		return apikey.Key{}, "", err
	}
	if n := len(slices.DeleteFunc(list, func(key apikey.Key) bool { return !key.RevokedAt.IsZero() })); n >= maxKeys {
		return apikey.Key{}, "", fault.New(fault.KeysFull, "max", maxKeys)
	}
	done, err := k.n.changeKeys(ctx, KeyChange{Wish: apikey.Wish{Customer: c.Code, Name: name, Scopes: scopes}})
	return done.Key, done.Secret, err
}

// RevokeKey ends a key of the customer's.
func (k customerKeys) RevokeKey(ctx context.Context, c catalog.Customer, id apikey.ID) error {
	list, err := k.Keys(ctx, c)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(key apikey.Key) bool { return key.ID == id }) {
		return fault.New(fault.KeyNotFound, "key", id)
	}
	_, err = k.n.changeKeys(ctx, KeyChange{Revoke: id})
	return err
}
