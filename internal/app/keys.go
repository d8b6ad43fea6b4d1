package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sibai/internal/apikey"
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
	done, err := changeKeys(r.Context(), n.store.Catalog, n.ids, change)
	if err == nil {
		if err = n.dir.Refresh(r.Context()); err != nil {
			n.log.Warn("the keys are changed, but the node could not see it yet; it tries again", "error", err)
			err = nil
		}
	}
	if err != nil {
		answer(w, http.StatusUnprocessableEntity, keysChanged{applied: refused(err)})
		return
	}
	answer(w, http.StatusOK, keysChanged{KeyChanged: done})
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
