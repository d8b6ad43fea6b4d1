package web_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain finds streams that outlive their reader.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
