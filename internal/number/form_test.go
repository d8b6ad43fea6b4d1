package number_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sibai/internal/money"
	"sibai/internal/number"
)

func TestForms(t *testing.T) {
	t.Parallel()
	for form, want := range map[number.Form][2]string{ // has it; has it not
		"AABB":    {"4008261122 4001112233", "4008261111 4008261212 4008261221"},
		"AAAA":    {"4008261111", "4008261112"},
		"AAAB":    {"4008261112", "4008261111 4008261122"},
		"ABAB":    {"4008261212", "4008261111 4008261221"},
		"ABBA":    {"4008261221", "4008261212 4008261111"},
		"AAABBB":  {"4008111222", "4008111111 4008112222"},
		"abcd":    {"4008261234 4008266789", "4008264321 4008261235 4008267890"},
		"dcba":    {"4008264321 4008263210", "4008261234"},
		"1688":    {"4008261688", "4001688000"},
		"*1314*":  {"4001314000 4008261314 4008131400", "4008213114"},
		"_8_":     {"4008261080 4008261283", "4008261808"},
		"!4":      {"4008261111", "4008261114 4004111111"},
		"!49":     {"4008261111", "4008261114 4008261119"},
		"A":       {"4008261111", ""},
		"4444444": {"4004444444", "4004444443"},
	} {
		if _, err := number.ParseForm(string(form)); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		for i, list := range want {
			for _, digits := range strings.Fields(list) {
				if form.Match(digits) != (i == 0) {
					t.Errorf("%s and %s: %v", form, digits, i != 0)
				}
			}
		}
	}
	for _, text := range []string{"", "H", "AABBCCDD", "!", "!x", "**", "*", "a b", "一", "AABB*", "!01234567890"} {
		if _, err := number.ParseForm(text); !errors.Is(err, number.ErrFormText) {
			t.Errorf("%q was read as a form: %v", text, err)
		}
		if number.Form(text).Match("4008261111") {
			t.Errorf("%q is no form and matches", text)
		}
	}
}

// Small letters that follow one another upward never match where those downward
// do, and a form of own digits matches its number alone at the end.
func TestFormProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := fmt.Sprintf("400%07d", rapid.IntRange(0, 9_999_999).Draw(t, "own"))
		tail := number.Form(digits[3+rapid.IntRange(0, 6).Draw(t, "from"):])
		if !tail.Match(digits) || !("*" + tail + "*").Match(digits) {
			t.Fatalf("%s does not end in %s", digits, tail)
		}
		if number.Form("abc").Match(digits) && number.Form("cba").Match(digits) {
			t.Fatalf("%s runs up and down", digits)
		}
		if number.Form("AABB").Match(digits) && (number.Form("AAAA").Match(digits) || number.Form("ABAB").Match(digits)) {
			t.Fatalf("%s has two forms that exclude each other", digits)
		}
		if number.Form("!" + digits[9:]).Match(digits) {
			t.Fatalf("%s has no %s", digits, digits[9:])
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add("AABB", "4008261122")
	f.Add("*!", "400")
	f.Fuzz(func(t *testing.T, text, digits string) {
		_, err := number.ParseForm(text)
		if number.Form(text).Match(digits) && (err != nil || !number.Valid(digits)) {
			t.Errorf("%q matches %q: %v", text, digits, err)
		}
	})
}

func TestGrades(t *testing.T) {
	t.Parallel()
	g := number.DefaultGrades()
	if err := g.Validate(); err != nil {
		t.Fatal(err)
	}
	for digits, want := range map[string]string{
		"4008288888": "aaaaa", "4008258888": "aaaa", "4008212345": "abcde", "4008271234": "abcd", "4008261122": "aabb",
		"4008261212": "abab", "4008261221": "abba", "4008267609": "no4", "4008261112": "aaab", "4008261314": "1314", "4008260168": "168",
		"4008260588": "88", "4008264588": "88", "4008264570": "plain",
	} {
		if got := g.Of(digits); got.Code != want {
			t.Errorf("%s is %s, want %s", digits, got.Code, want)
		}
	}
	for problem, bad := range map[string]number.Grades{
		"twice":       {{Code: "a", Name: "a", Form: "1"}, {Code: "a", Name: "a", Form: "2"}},
		"small":       {{Code: "A b", Name: "a", Form: "1"}},
		"name":        {{Code: "a", Form: "1"}},
		"form":        {{Code: "a", Name: "a", Form: "H"}},
		"less than 0": {{Code: "a", Name: "a", Form: "1", Fee: -1}},
		"plain":       {{Code: "plain", Name: "a", Form: "1"}},
	} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", problem, err)
		}
	}
}

func index(grades number.Grades, free ...string) *number.Index {
	return number.NewIndex(grades, func(yield func(string, bool) bool) {
		for _, d := range free {
			if !yield(strings.TrimPrefix(d, "-"), !strings.HasPrefix(d, "-")) { // - is not for sale
				return
			}
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	grades := number.Grades{
		{Code: "aaaa", Name: "四连号", Form: "AAAA", Fee: 5000 * money.Yuan},
		{Code: "no4", Name: "不带 4", Form: "!4", Fee: 100 * money.Yuan},
	}
	x := index(grades, "4008268888", "4008261122", "-4008261133", "4006261124", "4001880518", "4008268294", "400", "4006261122")
	if x.Len() != 7 {
		t.Errorf("%d numbers, want 7 without the one that is none", x.Len())
	}
	birthday, err := number.FromBirthday("1988-05-18")
	if err != nil || !slices.Equal(birthday, []number.Form{"1988518", "880518", "0518", "518"}) {
		t.Fatalf("birthday %v, %v", birthday, err)
	}
	taxi, _ := number.FromWord("taxi")
	for name, c := range map[string]struct {
		q    number.Query
		want string
	}{
		"all, the cheapest first":  {number.Query{}, "4006261124 4008268294 4001880518 4006261122 4008261122 4008268888"},
		"those that are not free":  {number.Query{All: true, Forms: []number.Form{"1133"}}, "4008261133"},
		"a form":                   {number.Query{Forms: []number.Form{"AABB"}}, "4006261122 4008261122"},
		"two forms":                {number.Query{Forms: []number.Form{"AABB", "*826*"}}, "4008261122"},
		"a mask":                   {number.Query{Mask: "400_26112_"}, "4006261124 4006261122 4008261122"},
		"a birthday":               {number.Query{Any: birthday}, "4001880518"},
		"a word":                   {number.Query{Forms: []number.Form{number.Form(taxi)}}, "4008268294"},
		"a carrier":                {number.Query{Carrier: number.Mobile}, "4001880518"},
		"a grade":                  {number.Query{Grade: "aaaa"}, "4008268888"},
		"no grade":                 {number.Query{Grade: "plain"}, "4006261124 4008268294"},
		"a price":                  {number.Query{MaxFee: 100 * money.Yuan, Grade: "no4"}, "4001880518 4006261122 4008261122"},
		"the second page":          {number.Query{Skip: 2, Limit: 2}, "4001880518 4006261122"},
		"similar ones":             {number.Query{Near: "4008261122", Limit: 2}, "4006261122 4006261124"},
		"similar ones, the second": {number.Query{Near: "4008261122", Skip: 1, Limit: 1}, "4006261124"},
	} {
		found, err := x.Search(c.q)
		var got []string
		for _, e := range found.Entries {
			got = append(got, e.Digits)
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%s: %v, want %s, %v", name, got, c.want, err)
		}
	}
	if found, _ := x.Search(number.Query{Skip: 2, Limit: 2}); found.Total != 6 {
		t.Errorf("%d in all, want 6", found.Total)
	}
	for name, q := range map[string]number.Query{
		"form": {Forms: []number.Form{"?"}}, "any": {Any: []number.Form{"?"}}, "mask": {Mask: "400"}, "mask of 800": {Mask: "800_______"},
		"grade": {Grade: "none"}, "near": {Near: "1"}, "carrier": {Carrier: "none"},
	} {
		if _, err := x.Search(q); !errors.Is(err, number.ErrQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWordsAndDays(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"TAXI": "8294", "taxi": "8294", "go4it": "46448", "wxyz": "9999", "": "", "a-b": "", "出租": ""} {
		if got, ok := number.FromWord(word); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", word, got, ok)
		}
	}
	for text, want := range map[string][]number.Form{
		"05-18": {"0518", "518"}, "1120": {"1120"}, "19881120": {"881120", "1120"}, "0229": {"0229", "229"},
		"1989-02-29": nil, "0230": nil, "": nil, "198": nil, "1988051": nil,
	} {
		if got, err := number.FromBirthday(text); !slices.Equal(got, want) || (err != nil) != (want == nil) {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	list, ok := number.Between("4008260098", "4008260101")
	if !ok || !slices.Equal(list, []string{"4008260098", "4008260099", "4008260100", "4008260101"}) {
		t.Errorf("%v, %v", list, ok)
	}
	for _, pair := range [][2]string{{"4008260002", "4008260001"}, {"4008999999", "4009000000"}, {"400", "4008260001"}} {
		if _, ok := number.Between(pair[0], pair[1]); ok {
			t.Errorf("%v is taken for a range", pair)
		}
	}
}

func TestFormSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form   number.Form
		digits string
		want   string // the digits that have it
	}{
		{"AABB", "4008266688", "6688"},
		{"688", "4006189688", "688"},
		{"*1314*", "4000131499", "1314"},
		{"*00*", "4009000688", "00"},
		{"AABB", "4008266689", ""},
		{"!4", "4008266688", ""},
		{"?", "4008266688", ""},
		{"AABB", "400826668", ""},
	} {
		from, to, ok := c.form.Span(c.digits)
		got := ""
		if ok {
			got = c.digits[from:to]
		}
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s in %s: %d to %d, %q, want %q", c.form, c.digits, from, to, got, c.want)
		}
	}
}
