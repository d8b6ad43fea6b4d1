package site

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/catalog"
	"sibai/internal/charging"
	"sibai/internal/fault"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/phone"
	"sibai/internal/routing"
	"sibai/internal/tariff"
)

var update = flag.Bool("update", false, "write the golden files and the published schema")

const example = "../../examples/site.yaml"

func read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Every testdata/*.yaml is a file with mistakes; its .want are the messages.
func TestProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			_, err := Parse("site.yaml", read(t, path))
			var invalid *fault.Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v, want a *fault.Invalid", err)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".want", invalid.Error()+"\n")
			for _, p := range invalid.Problems {
				if !p.Code.Known() {
					t.Errorf("code %s is not in codes.yaml", p.Code)
				}
				for _, lang := range []fault.Lang{fault.English, fault.Chinese} {
					if s := p.Text(lang); strings.ContainsAny(strings.ReplaceAll(s, "{address: 203.0.113.10:5060}", ""), "\n") || strings.Contains(s, "{value}") || strings.Contains(s, "{field}") {
						t.Errorf("a place is not filled: %s", s)
					}
				}
			}
		})
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	s, err := Parse("site.yaml", read(t, example))
	if err != nil {
		t.Fatal(err)
	}
	if s.Operator != "示例通信服务有限公司" || s.Segments["4002"] != number.Mobile || len(s.Plans) != 4 || len(s.Customers) != 3 {
		t.Errorf("not all is read: %+v", s)
	}
	since := time.Date(2025, 12, 31, 16, 0, 0, 0, time.UTC) // 1 January in Shanghai
	six := tariff.Increment{Length: 6 * time.Second, Price: 10_800}
	want := tariff.Version{Code: "six-seconds", Effective: since, Connection: 20_000, First: six, Next: six}
	if got := s.Tariffs[1].Versions[0]; !got.Effective.Equal(since) || got.First != six || got.Next != six || got.Connection != want.Connection {
		t.Errorf("tariff %+v, want %+v", got, want)
	}
	if p := s.Plans[2]; p.NumberFee != 3000*money.Yuan || p.MaxConcurrent != 30 || p.MinGrant != 30*time.Second || p.Kind != catalog.Buyout {
		t.Errorf("plan %+v", p)
	}
	if p := s.Plans[0]; p.MinimumPeriod != catalog.Monthly || p.MinGrant != catalog.DefaultMinGrant {
		t.Errorf("plan %+v", p)
	}
	if p := s.Plans[1]; p.Seconds != 360_000 || !p.RollOver || p.Overdraft != 2*money.Yuan || p.Collection != catalog.Automatic {
		t.Errorf("plan %+v", p)
	}
	v := s.Tariffs[3].Versions[0]
	if err := v.Validate(); err != nil || len(v.Bands) != 2 || len(v.Classes) != 1 || len(v.Holidays) != 3 {
		t.Fatalf("tariff %+v, %v", v, err)
	}
	if b := v.Bands[0]; b.Days != tariff.Holiday || b.From != 0 || b.To != 24*time.Hour || b.Next.Price != 60_000 {
		t.Errorf("band %+v", b)
	}
	if b := v.Bands[1]; b.Days != 0 || b.From != 22*time.Hour || b.To != 6*time.Hour || v.Holidays[0].String() != "2026-10-01" {
		t.Errorf("band %+v, holidays %v", b, v.Holidays)
	}
	if n := s.Customers[1].Numbers[0]; n.CapAmount != 300*money.Yuan || n.CapCalls != 5000 {
		t.Errorf("caps %+v", n)
	}
	tea := s.Customers[0]
	if top := tea.TopUps[0]; top.Bucket != charging.Package || !top.ExpiresAt.Equal(time.Date(2099, 12, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("the package is usable to the end of its last day: %+v", top)
	}
	if n := tea.Numbers[0]; n.Digits != "4001234567" || n.State != number.Active || n.MaxConcurrent != nil {
		t.Errorf("number %+v", n)
	}
	wantProfile := routing.Profile{
		Distribution: routing.Sequential,
		Targets: []routing.Target{
			{Phone: "057188886666", Trunk: "pbx"},
			{Phone: "13800138000", Trunk: "carrier", RingFor: 30 * time.Second},
		},
		OnNoAnswer:  []routing.Target{{Phone: "13900139000", Trunk: "carrier"}},
		RingTimeout: 20 * time.Second, MaxForwards: 3,
	}
	if diff := cmp.Diff(wantProfile, tea.Numbers[0].Profile); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if n := tea.Numbers[1]; *n.MaxConcurrent != 20 || n.Grouping != number.Grouping433 || n.Profile.Distribution != routing.Simultaneous {
		t.Errorf("number %+v", n)
	}
}

// An alias stands for what it names; aliases that expand into each other end
// at a limit instead of eating the machine.
func TestAliases(t *testing.T) {
	t.Parallel()
	const shared = `
tariffs:
  - code: a
    versions: [{effective: 2026-01-01, first: &minute {seconds: 60, price: 0.1}, next: *minute}]
`
	s, err := Parse("site.yaml", []byte(shared))
	if err != nil || s.Tariffs[0].Versions[0].Next.Price != 100_000 {
		t.Errorf("%v, %+v", err, s)
	}
	var bomb strings.Builder
	bomb.WriteString("operator: {name: x}\ntrunks:\n  - code: t\n    inbound: &a0 [192.0.2.1]\n")
	bomb.WriteString("customers:\n")
	bomb.WriteString("  - &c0 {code: c, name: n, targets: [{phone: 1}]}\n")
	lists := "&l0 [*c0, *c0, *c0, *c0, *c0, *c0, *c0, *c0, *c0, *c0]"
	for i := range 8 {
		bomb.WriteString("  - {code: c, name: n, numbers: " + lists + "}\n")
		last := "l" + string(rune('0'+i))
		next := "&l" + string(rune('1'+i)) + " [" + strings.Repeat("{number: *"+last+", targets: *"+last+"}, ", 10) + "]"
		lists = next
	}
	if _, err := Parse("site.yaml", []byte(bomb.String())); err == nil {
		t.Error("a bomb was accepted")
	}
	// The same list of customers a thousand times a thousand.
	var wide strings.Builder
	wide.WriteString("customers:\n  - {code: c, name: n, targets: &t [" + strings.Repeat("{phone: 1},", 2000) + "]}\n")
	for range 2000 {
		wide.WriteString("  - {code: c, name: n, targets: *t}\n")
	}
	_, err = Parse("site.yaml", []byte(wide.String()))
	var invalid *fault.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a wide file passed the limit")
	}
}

// Every refusal of a phone has its words.
func TestRefusalsAreCodes(t *testing.T) {
	t.Parallel()
	for _, r := range phone.Refusals() {
		if !fault.Code(r).Known() {
			t.Errorf("%s is no code", r)
		}
	}
}

// What is read is used: a field that the builder forgets would be accepted
// and lost.
func TestEveryFieldIsUsed(t *testing.T) {
	t.Parallel()
	d := &decoder{report: &fault.Invalid{}}
	b := &builder{decoder: d, site: &Site{}}
	v := d.decode(load(full(siteShape), d.report), siteShape, "", "", 0)
	b.build(v)
	var walk func(v *value, s shape)
	walk = func(v *value, s shape) {
		for _, item := range v.list {
			walk(item, *s.items)
		}
		for _, f := range s.fields {
			child := v.fields[f.name]
			if child == nil {
				t.Errorf("%s.%s: the test file lacks it", v.path, f.name)
				continue
			}
			if !v.used[f.name] {
				t.Errorf("%s.%s is read and never used", v.path, f.name)
			}
			walk(child, f.shape)
		}
	}
	walk(v, siteShape)
}

// full writes a file in which every field stands, from the examples of the
// fields.
func full(s shape) []byte {
	var b strings.Builder
	var write func(s shape, example, indent string)
	write = func(s shape, example, indent string) {
		switch s.kind {
		case object:
			for _, f := range s.fields {
				b.WriteString("\n" + indent + f.name + ": ")
				write(f.shape, f.example, indent+"    ")
			}
		case list:
			if s.items.kind != object {
				b.WriteString(example)
				return
			}
			b.WriteString("\n" + indent + "-")
			write(*s.items, "", indent+"  ")
		default:
			b.WriteString(example)
		}
	}
	write(s, "", "")
	return []byte(b.String())
}

// The example values of the table pass the decoder: messages show them as
// what to write.
func TestExamplesOfFieldsAreValid(t *testing.T) {
	t.Parallel()
	d := &decoder{report: &fault.Invalid{}}
	d.decode(load(full(siteShape), d.report), siteShape, "", "", 0)
	if err := d.report.Err(); err != nil {
		t.Error(err)
	}
}

// The highest prices that a file may name can be rated.
func TestHighestPricesCanBeRated(t *testing.T) {
	t.Parallel()
	most := tariff.Increment{Length: time.Second, Price: maxPrice}
	v := tariff.Version{Connection: maxPrice, First: most, Next: most}
	if err := v.Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, example))
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		f.Add(read(f, path))
	}
	for _, s := range []string{"", "{}", "a: &a [*a]", "- 1", "? [x]\n: y", "customers: [{numbers: [{number: 4}]}]", "--- {}\n--- {}", "!!binary x", "operator: !foo {name: x}", "<<: {operator: {name: x}}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		s, err := Parse("site.yaml", source)
		if (s == nil) == (err == nil) {
			t.Fatalf("site %v, error %v", s, err)
		}
		if err != nil && fault.KindOf(err) != fault.KindInvalid {
			t.Errorf("kind %s: %v", fault.KindOf(err), err)
		}
	})
}
