package charging

import "cmp"

// The orders that audits walk rows in.

func compareAccounts(x, y AccountKey) int {
	return cmp.Or(cmp.Compare(x.Shard, y.Shard), cmp.Compare(x.ID, y.ID))
}

func compareBuckets(x, y bucketKey) int {
	return cmp.Or(compareAccounts(x.account, y.account), cmp.Compare(x.id, y.id))
}

func compareUsages(x, y usageKey) int {
	return cmp.Or(compareAccounts(x.account, y.account), cmp.Compare(x.subscription, y.subscription))
}

func compareMonths(x, y monthKey) int {
	return cmp.Or(compareUsages(x.usageKey, y.usageKey), cmp.Compare(x.month, y.month))
}

func compareTotals(x, y Total) int {
	return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Unit, y.Unit))
}
