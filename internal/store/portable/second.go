package portable

import (
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/uptrace/bun"

	"sibai/internal/identity"
)

type factorRow struct {
	bun.BaseModel `bun:"table:second_factor"`
	Person        int64  `bun:"person,pk"`
	Secret        string `bun:"secret"`
	Step          int64  `bun:"step"`
	Epoch         int    `bun:"epoch"`
	BegunAt       int64  `bun:"begun_at"`
	Recovery      string `bun:"recovery"`
}

func factorToRow(f identity.Factor) factorRow {
	codes := make([]string, len(f.Recovery))
	for i, hash := range f.Recovery {
		codes[i] = hex.EncodeToString(hash[:])
	}
	return factorRow{
		Person: int64(f.Person), Secret: f.Secret.String(), Step: f.Step, Epoch: f.Epoch, BegunAt: micros(f.Begun), Recovery: strings.Join(codes, "\n"),
	}
}

// Factor reads the second step of a person. It implements identity.People.
func (p people) Factor(person identity.ID) (f identity.Factor, ok bool, err error) {
	found, err := all[factorRow](p.ctx, p.s, "person = ?", int64(person))
	if err != nil || len(found) == 0 {
		return f, false, err
	}
	r := found[0]
	f = identity.Factor{Person: person, Step: r.Step, Epoch: r.Epoch, Begun: instant(r.BegunAt)}
	if f.Secret, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(r.Secret); err != nil {
		return f, false, failed(err, "read a second step")
	}
	for code := range strings.FieldsSeq(r.Recovery) {
		var hash [32]byte
		if _, err := hex.Decode(hash[:], []byte(code)); err != nil {
			return f, false, failed(err, "read a recovery code")
		}
		f.Recovery = append(f.Recovery, hash)
	}
	return f, true, nil
}
