package row

import (
	"fmt"
	"reflect"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/ledger"
	"sibai/internal/money"
	"sibai/internal/tariff"
)

// Columns are the columns of a row by their place, the first being 0. Who asks
// knows which of them are integers and which texts.
type Columns interface {
	ColumnInt64(i int) int64
	ColumnText(i int) string
}

// Found is a row whose columns are read one by one. It is a Scanner that knows
// the types of rows, without what database/sql and its like spend on each value.
type Found struct{ Columns }

// Scan reads the columns. The types that rows are full of are named; any other
// integer or text is found out by reflection.
func (f Found) Scan(to ...any) error {
	for i, place := range to {
		switch p := place.(type) {
		case *int64:
			*p = f.ColumnInt64(i)
		case *int:
			*p = int(f.ColumnInt64(i))
		case *string:
			*p = f.ColumnText(i)
		case *money.Amount:
			*p = money.Amount(f.ColumnInt64(i))
		case *cdr.ID:
			*p = cdr.ID(f.ColumnInt64(i))
		case *ledger.ID:
			*p = ledger.ID(f.ColumnInt64(i))
		case *ledger.Unit:
			*p = ledger.Unit(f.ColumnText(i))
		case *tariff.ID:
			*p = tariff.ID(f.ColumnInt64(i))
		case *charging.AccountID:
			*p = charging.AccountID(f.ColumnInt64(i))
		case *charging.SubscriptionID:
			*p = charging.SubscriptionID(f.ColumnInt64(i))
		case *charging.AccountState:
			*p = charging.AccountState(f.ColumnText(i))
		case *charging.BucketKind:
			*p = charging.BucketKind(f.ColumnText(i))
		default:
			if err := f.reflected(i, place); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f Found) reflected(i int, place any) error {
	v := reflect.ValueOf(place)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("column %d: %T is no place for a value", i+1, place)
	}
	switch v = v.Elem(); v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.ColumnInt64(i))
	case reflect.String:
		v.SetString(f.ColumnText(i))
	default:
		return fmt.Errorf("column %d: %T is neither integer nor text", i+1, place)
	}
	return nil
}
