package row_test

import (
	"encoding/json"
	"testing"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/store/row"
	"sibai/internal/tariff"
)

// A hold keeps what rates its own call, and not the other classes of its
// tariff: a row of each call would carry them all.
func TestHoldKeepsItsClass(t *testing.T) {
	t.Parallel()
	v := tariff.Version{ID: 1, Code: "t", Version: 1}
	for _, name := range []string{"near", "far", "moon"} {
		v.Classes = append(v.Classes, tariff.Class{Name: name})
	}
	for class, want := range map[string]int{"far": 1, "": 0, "none": 0} {
		b := charging.Bill{Tariff: v, Class: class}
		texts, err := row.Texts{}.HoldTexts(&b, &cdr.Record{})
		if err != nil {
			t.Fatal(err)
		}
		var kept charging.Bill
		if err := json.Unmarshal([]byte(texts[0]), &kept); err != nil {
			t.Fatal(err)
		}
		if len(kept.Tariff.Classes) != want || want == 1 && kept.Tariff.Classes[0].Name != class || len(b.Tariff.Classes) != 3 {
			t.Errorf("class %q: kept %+v of %+v", class, kept.Tariff.Classes, b.Tariff.Classes)
		}
	}
}
