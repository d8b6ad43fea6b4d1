package demo

import (
	"context"

	"sibai/internal/config"
	"sibai/internal/inventory"
	"sibai/internal/money"
	"sibai/internal/number"
)

// sold is what the demo's shop sells; its carrier's prices are those of the
// tariff carrier.
var sold = config.Shop{
	Plans: []string{"annual-600", "buyout-six", "flat-1800"}, CostTariff: "carrier",
	Contact: "0571-00000000（示例 demo）",
}

// grades are the demo's prices of numbers.
var grades = number.Grades{
	{Code: "aaaa", Name: "四连号（豹子）", English: "four alike", Form: "AAAA", Fee: 8000 * money.Yuan, Minimum: 500 * money.Yuan},
	{Code: "abcabc", Name: "三数循环", English: "three repeated", Form: "ABCABC", Fee: 5000 * money.Yuan, Minimum: 300 * money.Yuan},
	{Code: "abcd", Name: "四连顺", English: "run of four", Form: "abcd", Fee: 3000 * money.Yuan, Minimum: 200 * money.Yuan},
	{Code: "aaa", Name: "三连号", English: "three alike", Form: "AAA", Fee: 2600 * money.Yuan, Minimum: 200 * money.Yuan},
	{Code: "aabb", Name: "对子", English: "two pairs", Form: "AABB", Fee: 1400 * money.Yuan, Minimum: 100 * money.Yuan},
	{Code: "abab", Name: "循环", English: "pair repeated", Form: "ABAB", Fee: 1200 * money.Yuan, Minimum: 100 * money.Yuan},
	{Code: "168", Name: "谐音 168", English: "168, good fortune", Form: "168", Fee: 600 * money.Yuan, Minimum: 50 * money.Yuan},
	{Code: "88", Name: "尾号 88", English: "ends in 88", Form: "88", Fee: 300 * money.Yuan, Minimum: 50 * money.Yuan},
	{Code: "no4", Name: "不带 4", English: "without 4", Form: "!4", Fee: 100 * money.Yuan, Minimum: 20 * money.Yuan},
}

// stockUp takes in numbers for sale, of each carrier some.
func stockUp(ctx context.Context, stock *inventory.Service) error {
	if err := stock.SetGrades(ctx, grades); err != nil {
		return err
	}
	for _, first := range []string{"4008266000", "4006188000", "4001688000"} {
		list, _ := number.Between(first, first[:7]+"999")
		items := make([]inventory.Item, len(list))
		for i, digits := range list {
			items[i].Digits = digits
		}
		if _, err := stock.Add(ctx, items, "generate", false); err != nil {
			return err
		}
	}
	return nil
}
