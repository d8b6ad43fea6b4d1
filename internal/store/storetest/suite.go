package storetest

import (
	"testing"

	"sibai/internal/charging"
)

// Run checks a store. open makes an empty one that lives as long as the test.
func Run(t *testing.T, open func(testing.TB) charging.Store) {
	for _, c := range []struct {
		name string
		test func(*till)
	}{
		{"Accounts", accounts},
		{"TopUps", topUps},
		{"Charges", charges},
		{"Refusals", refusals},
		{"Grants", grants},
		{"Buckets", buckets},
		{"ExpiredPackage", expiredPackage},
		{"Unanswered", unanswered},
		{"Recorded", recorded},
		{"Replays", replays},
		{"ByName", byName},
		{"OneBadOperation", oneBadOperation},
		{"Reaped", reaped},
		{"MonthlyAmount", monthlyAmount},
		{"ForgottenMonth", forgottenMonth},
		{"SharedCap", sharedCap},
		{"MonthlyCalls", monthlyCalls},
		{"Overdraft", overdraft},
		{"SharedOverdraft", sharedOverdraft},
		{"NoCashNoOverdraft", noCashNoOverdraft},
		{"IncludedTime", includedTime},
		{"ExtensionWallet", extensionWallet},
		{"Bands", bands},
		{"Records", records},
		{"Shared", sharedAccount},
		{"Promises", promises},
		{"Snapshot", snapshot},
		{"Postings", postings},
		{"Emptied", emptied},
		{"Arrears", arrears},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(&till{TB: t, store: open(t), ids: 1 << 32})
		})
	}
}
