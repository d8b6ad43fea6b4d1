package explain_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/store/storetest"
)

func TestWholeCall(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 31, 7, 0, time.UTC)
	rec := cdr.Record{
		Cause: cdr.Answered, EndedBy: cdr.Caller, AnsweredAt: start.Add(11 * time.Second), Talk: 222 * time.Second,
		Charge: 480_000,
		Legs:   []cdr.Leg{{Target: "13900004477", Outcome: "busy"}, {Target: "13800006021", Outcome: "answered"}},
		Steps: []cdr.Step{
			{Code: "leg_busy", Args: map[string]string{"target": "13900004477"}},
			{Code: "ended", Args: map[string]string{"cause": "answered", "by": "caller"}},
		},
		Lines: []cdr.Line{
			{Bucket: "bonus", Tariff: "std", Version: 7, Rule: "first", Increments: 1, Seconds: 60, Price: 120_000, Amount: 120_000},
			{Bucket: "cash", Tariff: "std", Version: 7, Rule: "next", Increments: 3, Seconds: 60, Price: 120_000, Amount: 360_000},
		},
	}
	for lang, want := range map[explain.Lang][]string{
		explain.ZH: {
			"138****6021 接听，通话 3 分 42 秒；接通后来电人挂机",
			"139****4477 正在通话。", "结束：接通后来电人挂机。",
			"赠送余额 ¥0.12  首段：1 段 × 60 秒，每段 ¥0.12  资费 std v7",
			"本金 ¥0.36  后续段：3 段 × 60 秒，每段 ¥0.12  资费 std v7",
			"合计 ¥0.48", "主叫市话费由主叫运营商收取，不在本单。",
		},
		explain.EN: {
			"138****6021 answered, talked for 3 min 42 s; answered, the caller hung up",
			"139****4477 is busy.", "The end: answered, the caller hung up.",
			"bonus ¥0.12  first increment: 1 × 60 s at ¥0.12  std v7",
			"cash ¥0.36  next increments: 3 × 60 s at ¥0.12  std v7",
			"Sum ¥0.48", "The caller's local call is billed by the caller's own carrier and is not part of this.",
		},
	} {
		got := append([]string{explain.Headline(rec, lang)}, explain.Why(rec, lang)...)
		got = append(got, explain.Charges(rec, lang)...)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant:\n%s", lang, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// Included call time is said in seconds, and bands and classes by their names.
func TestIncludedTime(t *testing.T) {
	t.Parallel()
	whole := cdr.Line{Bucket: "package", Tariff: "std", Version: 2, Rule: "next", Band: "night", Unit: "SEC", Increments: 3, Seconds: 60, Used: 180}
	part := cdr.Line{Bucket: "package", Tariff: "std", Version: 2, Rule: "next", Class: "overseas", Unit: "SEC", Shared: true, Seconds: 60, Used: 20}
	for lang, want := range map[explain.Lang][2]string{
		explain.ZH: {
			"套餐额度 用 180 秒  后续段：3 段 × 60 秒，含在套餐里，收费 0.00  资费 std v2 时段 night",
			"套餐额度 用 20 秒  后续段：1 段 × 60 秒，由几个套餐共付，这是其中一份，收费 0.00  资费 std v2 类别 overseas",
		},
		explain.EN: {
			"package: 180 s used  next increments: 3 × 60 s, included, charged 0.00  std v2 band night",
			"package: 20 s used  next increments: a share of 1 × 60 s, included in several packages, charged 0.00  std v2 class overseas",
		},
	} {
		if got := explain.Charge(whole, lang); got != want[0] {
			t.Errorf("%s:\n%s\nwant\n%s", lang, got, want[0])
		}
		if got := explain.Charge(part, lang); got != want[1] {
			t.Errorf("%s:\n%s\nwant\n%s", lang, got, want[1])
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 秒", 42 * time.Second: "42 秒", time.Minute: "1 分", 3661 * time.Second: "1 小时 1 分 1 秒",
	} {
		if got := explain.Span(d, explain.ZH); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// Every step that call and routing write, and every cause, has its words in
// both languages.
func TestNothingIsWithoutWords(t *testing.T) {
	t.Parallel()
	codes := 0
	for _, dir := range []string{"../call", "../routing"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal("no sources", err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "say" {
					return true
				}
				list := []string{}
				switch arg := call.Args[0].(type) {
				case *ast.BasicLit:
					code, _ := strconv.Unquote(arg.Value)
					list = append(list, code)
				case *ast.BinaryExpr: // "leg_" + outcome
					prefix, _ := strconv.Unquote(arg.X.(*ast.BasicLit).Value)
					for _, o := range []string{"busy", "no_answer", "rejected", "unreachable"} {
						list = append(list, prefix+o)
					}
				}
				for _, code := range list {
					codes++
					for _, lang := range []explain.Lang{explain.ZH, explain.EN} {
						rec := cdr.Record{Steps: []cdr.Step{{Code: code}}}
						if explain.Why(rec, lang)[0] == code {
							t.Errorf("%s: step %s has no words in %s", file, code, lang)
						}
					}
				}
				return true
			})
		}
	}
	for _, code := range []string{"lost_talking", "lost_unanswered", "settled_late"} { // charging writes them
		for _, lang := range []explain.Lang{explain.ZH, explain.EN} {
			if explain.Why(cdr.Record{Steps: []cdr.Step{{Code: code}}}, lang)[0] == code {
				t.Errorf("step %s has no words in %s", code, lang)
			}
		}
	}
	if codes < 15 {
		t.Errorf("only %d steps were found: does this test still look in the right place?", codes)
	}
	for _, cause := range []cdr.Cause{
		cdr.Answered, cdr.CreditExhausted, cdr.Busy, cdr.NoAnswer, cdr.Rejected, cdr.Unreachable, cdr.CallerGaveUp,
		cdr.UnknownNumber, cdr.NumberSuspended, cdr.NumberFrozen, cdr.NumberNotOpen, cdr.NoCredit, cdr.TooManyCalls,
		cdr.CapReached, cdr.NoTarget, cdr.TrunkNotAllowed, cdr.ChargingDown, cdr.NodeStopped, cdr.NodeLost,
		cdr.CallerLost, cdr.InternalError,
	} {
		for _, lang := range []explain.Lang{explain.ZH, explain.EN} {
			if explain.Cause(cdr.Record{Cause: cause}, lang) == string(cause) {
				t.Errorf("cause %s has no words in %s", cause, lang)
			}
		}
	}
}

// Every promise of charging has words in both languages, and the books say
// which is broken.
func TestBooksInBothLanguages(t *testing.T) {
	t.Parallel()
	report, err := charging.Audit(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	broken := *report
	broken.Checks = slices.Clone(report.Checks)
	broken.Checks[0].OK, broken.Checks[0].Bad, broken.Checks[0].FirstBad = false, 2, "acc_1/7"
	for lang, want := range map[explain.Lang][2]string{
		explain.ZH: {"账目正确", "I1 有 2 行不符，第一行：acc_1/7"},
		explain.EN: {"the books are right", "I1 is broken in 2 rows, the first: acc_1/7"},
	} {
		for _, c := range report.Checks {
			if words := explain.Promise(c, lang); (words == c.Says) != (lang == explain.EN) {
				t.Errorf("%s in %s: %q", c.Name, lang, words)
			}
		}
		for i, r := range []*charging.Report{report, &broken} {
			var out strings.Builder
			if err := explain.Books(&out, r, lang); err != nil || !strings.Contains(out.String(), want[i]) {
				t.Errorf("%s, %v", out.String(), err)
			}
		}
	}
}
