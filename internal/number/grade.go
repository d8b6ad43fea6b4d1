package number

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sibai/internal/money"
)

// Rule is a line of the operator's table of grades (号码等级): numbers of its
// form have its name, its fee and its minimum.
type Rule struct {
	Code    string // such as aaaa
	Name    string // in Chinese, such as 四连号
	English string
	Form    Form
	Fee     money.Amount // for the right to the number, once, beside that of the plan
	Minimum money.Amount // monthly minimum consumption, where it is more than the plan's
	// Fixed is set where an operator's word set fee and minimum of a single number:
	// no discount changes them. No rule of a table has it.
	Fixed bool
}

// Plain is the grade of a number that no rule is for.
var Plain = Rule{Code: "plain", Name: "普通号", English: "plain"}

// Grades is the table in its order: the first rule that a number has the form
// of is its grade.
type Grades []Rule

// DefaultGrades are the forms that the market knows, the dearest first, without
// prices: those are the operator's.
func DefaultGrades() Grades {
	return Grades{
		{Code: "aaaaa", Name: "五连号（豹子）", English: "five alike", Form: "AAAAA"},
		{Code: "abcde", Name: "五连顺", English: "run of five", Form: "abcde"},
		{Code: "aaaa", Name: "四连号（豹子）", English: "four alike", Form: "AAAA"},
		{Code: "aaabbb", Name: "双三连", English: "two triples", Form: "AAABBB"},
		{Code: "abcabc", Name: "三数循环", English: "three repeated", Form: "ABCABC"},
		{Code: "abcd", Name: "四连顺", English: "run of four", Form: "abcd"},
		{Code: "aaa", Name: "三连号", English: "three alike", Form: "AAA"},
		{Code: "aabb", Name: "对子", English: "two pairs", Form: "AABB"},
		{Code: "abab", Name: "循环", English: "pair repeated", Form: "ABAB"},
		{Code: "abba", Name: "对称", English: "mirrored", Form: "ABBA"},
		{Code: "aaab", Name: "三带一", English: "three and one", Form: "AAAB"},
		{Code: "1314", Name: "谐音 1314", English: "1314, for ever", Form: "*1314*"},
		{Code: "168", Name: "谐音 168", English: "168, good fortune", Form: "168"},
		{Code: "518", Name: "谐音 518", English: "518, I prosper", Form: "518"},
		{Code: "520", Name: "谐音 520", English: "520, I love you", Form: "520"},
		{Code: "88", Name: "尾号 88", English: "ends in 88", Form: "88"},
		{Code: "66", Name: "尾号 66", English: "ends in 66", Form: "66"},
		{Code: "no4", Name: "不带 4", English: "without 4", Form: "!4"},
	}
}

// maxRules bounds a table: an index keeps a number's rule in a byte.
const maxRules = 250

// Validate says what is wrong with a table; nil when nothing is.
func (g Grades) Validate() error {
	if len(g) > maxRules {
		return fmt.Errorf("a table has at most %d rules", maxRules)
	}
	seen := map[string]bool{Plain.Code: true}
	var errs []error
	for i, r := range g {
		problem := ""
		_, err := r.Form.compile()
		switch {
		case r.Code == "" || strings.Trim(r.Code, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || len(r.Code) > 32:
			problem = "the code is 1 to 32 small letters, digits, - and _"
		case seen[r.Code]:
			problem = "the code " + r.Code + " is used twice"
		case r.Name == "" || len(r.Name) > 120:
			problem = "the name is missing or too long"
		case err != nil:
			problem = fmt.Sprintf("the form %q: %v", r.Form, err)
		case r.Fee < 0 || r.Minimum < 0:
			problem = "fee and minimum are not less than 0"
		}
		seen[r.Code] = true
		if problem != "" {
			errs = append(errs, fmt.Errorf("rule %d: %s", i+1, problem))
		}
	}
	return errors.Join(errs...)
}

// Of is the grade of a number.
func (g Grades) Of(digits string) Rule {
	for _, r := range g {
		if r.Form.Match(digits) {
			return r
		}
	}
	return Plain
}

// Own are numbers that have a grade, or a price, by an operator's word and not by the
// table, by ten digits.
type Own map[string]Word

// Word is what an operator says of the grade of a single number.
type Word struct {
	Grade   string // code of one in the table, or Plain's; empty: that of the table
	Priced  bool   // Fee and Minimum hold instead of the grade's
	Fee     money.Amount
	Minimum money.Amount
}

// Find is the rule with a code, also Plain.
func (g Grades) Find(code string) (Rule, bool) {
	if code == Plain.Code {
		return Plain, true
	}
	i := slices.IndexFunc(g, func(r Rule) bool { return r.Code == code })
	if i < 0 {
		return Rule{}, false
	}
	return g[i], true
}

// OfOwn is the grade of a number: its own where the table has that, else the table's;
// with its own price where it has one.
func (g Grades) OfOwn(digits string, own Own) Rule {
	word, ok := own[digits]
	if !ok {
		return g.Of(digits)
	}
	r, ok := g.Find(word.Grade)
	if !ok {
		r = g.Of(digits)
	}
	if word.Priced {
		r.Fee, r.Minimum, r.Fixed = word.Fee, word.Minimum, true
	}
	return r
}
