package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"sibai/internal/fault"
	"sibai/internal/number"
)

// CartStays is how long a cart is kept after it was changed last.
const CartStays = 30 * 24 * time.Hour

// cartName is what a cart is kept under: who reads the store has nobody's key.
func cartName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Cart lists the numbers that somebody gathered under a key, in the order in which
// they came. Nothing is locked by that. A key that nobody used has none.
func (s *Service) Cart(ctx context.Context, key string) ([]string, error) {
	return s.Store.Cart(ctx, cartName(key), s.clock())
}

// Gather puts a number, as people write it, into a cart; again changes nothing.
// Faults: number_invalid, number_not_stocked, cart_full.
func (s *Service) Gather(ctx context.Context, key, typed string) error {
	digits, err := number.Parse(typed)
	if err != nil {
		return fault.Wrap(err, fault.NumberInvalid, "value", typed)
	}
	wares, err := s.Store.Wares(ctx, []string{digits})
	if err != nil {
		return err
	}
	if _, ok := wares.Numbers[digits]; !ok {
		return fault.New(fault.NumberNotStocked, "number", number.Format(digits, ""))
	}
	return s.changeCart(ctx, key, func(list []string) ([]string, error) {
		switch {
		case slices.Contains(list, digits):
			return list, nil
		case len(list) >= s.terms.MaxItems:
			return nil, fault.New(fault.CartFull, "max", s.terms.MaxItems)
		}
		return append(list, digits), nil
	})
}

// PutBack takes numbers, of ten digits, out of a cart; those that are not in it do
// not matter.
func (s *Service) PutBack(ctx context.Context, key string, digits ...string) error {
	return s.changeCart(ctx, key, func(list []string) ([]string, error) {
		return slices.DeleteFunc(list, func(d string) bool { return slices.Contains(digits, d) }), nil
	})
}

func (s *Service) changeCart(ctx context.Context, key string, f func([]string) ([]string, error)) error {
	at := s.clock()
	return s.Store.ChangeCart(ctx, cartName(key), at, at.Add(CartStays), f)
}
