package row

import (
	"fmt"
	"testing"
	"time"

	"sibai/internal/charging"
)

func TestRows(t *testing.T) {
	t.Parallel()
	parts := []charging.Part{{Bucket: 1 << 62, Amount: 1}, {Bucket: 2, Amount: 1 << 60}}
	gotParts, err := decodeParts(encodeParts(parts))
	if err != nil || fmt.Sprint(gotParts) != fmt.Sprint(parts) {
		t.Errorf("parts %v, %v", gotParts, err)
	}
	grants := []charging.Grant{
		{Granted: time.Minute, ExtendAt: 50 * time.Second},
		{Granted: time.Second, ExtendAt: 667 * time.Millisecond, Final: true},
	}
	gotGrants, err := decodeGrants(encodeGrants(grants))
	if err != nil || fmt.Sprint(gotGrants) != fmt.Sprint(grants) {
		t.Errorf("grants %v, %v", gotGrants, err)
	}
	if got, err := decodeParts("[]"); got != nil || err != nil {
		t.Errorf("no parts: %v, %v", got, err)
	}
	for _, bad := range []string{"", "[", "[1,2]", "[[1]]", "[[1,2,3]]", "[[1,2],]", "[[1,2]3]", "[[1,x]]", "[[1,2]", "[,[1,2]]", "[[1,2],[3]]"} {
		if got, err := decodeParts(bad); err == nil {
			t.Errorf("decodeParts(%q) = %v", bad, got)
		}
	}
}
