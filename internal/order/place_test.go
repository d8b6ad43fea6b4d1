package order

import (
	"slices"
	"testing"

	"sibai/internal/fault"
)

// A field of a form is named by the place of its number, also of the twentieth.
func TestFieldOfManyItems(t *testing.T) {
	t.Parallel()
	w := Wish{Company: "新客户有限公司", Handler: Handler{Name: "王小明", Phone: "13800138000"}, Items: make([]WishItem, 20)}
	for _, i := range []int{0, 9, 10, 19} {
		w.Items[i].Targets = []string{"95588"}
	}
	var got []string
	w.check(func(field string, _ fault.Code, _ ...any) { got = append(got, field) }, 20)
	if want := []string{"items[0].targets", "items[9].targets", "items[10].targets", "items[19].targets"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
