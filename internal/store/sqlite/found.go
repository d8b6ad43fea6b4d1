package sqlite

import (
	"fmt"
	"reflect"

	engine "zombiezen.com/go/sqlite"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// found is the row that a statement stands on.
type found struct{ stmt *engine.Stmt }

// Scan reads the columns. STRICT tables have no value of another type than
// their columns'. The types that rows are full of are named; any other integer
// or text is found out by reflection.
func (f found) Scan(to ...any) error {
	for i, place := range to {
		switch p := place.(type) {
		case *int64:
			*p = f.stmt.ColumnInt64(i)
		case *int:
			*p = f.stmt.ColumnInt(i)
		case *string:
			*p = f.stmt.ColumnText(i)
		case *money.Amount:
			*p = money.Amount(f.stmt.ColumnInt64(i))
		case *cdr.ID:
			*p = cdr.ID(f.stmt.ColumnInt64(i))
		case *ledger.ID:
			*p = ledger.ID(f.stmt.ColumnInt64(i))
		case *ledger.Unit:
			*p = ledger.Unit(f.stmt.ColumnText(i))
		case *tariff.ID:
			*p = tariff.ID(f.stmt.ColumnInt64(i))
		case *charging.AccountID:
			*p = charging.AccountID(f.stmt.ColumnInt64(i))
		case *charging.SubscriptionID:
			*p = charging.SubscriptionID(f.stmt.ColumnInt64(i))
		case *charging.AccountState:
			*p = charging.AccountState(f.stmt.ColumnText(i))
		case *charging.BucketKind:
			*p = charging.BucketKind(f.stmt.ColumnText(i))
		default:
			if err := f.reflected(i, place); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f found) reflected(i int, place any) error {
	v := reflect.ValueOf(place)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("column %d: %T is no place for a value", i+1, place)
	}
	switch v = v.Elem(); v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.stmt.ColumnInt64(i))
	case reflect.String:
		v.SetString(f.stmt.ColumnText(i))
	default:
		return fmt.Errorf("column %d: %T is neither integer nor text", i+1, place)
	}
	return nil
}
