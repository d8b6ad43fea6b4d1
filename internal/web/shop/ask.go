package shop

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sibai/internal/money"
	"sibai/internal/number"
)

// ask is what somebody searches, as it was typed; it is the address of the page.
type ask struct {
	Text    string // of the large field: digits in their places, an end or a form
	Has     string
	Day     string
	Word    string
	Carrier string
	Most    string // of the grade's fee, in yuan
	Grade   string
	Plan    string
	No4     bool
	Page    int
	Compare []string // numbers that are picked

	Problems []problem
}

// problem is what is wrong with a field, by the key of its sentence.
type problem struct{ Field, Key string }

// maxCompare is how many numbers are compared at once, maxPage how many pages of
// a search are shown: nobody reads on.
const (
	maxCompare = 4
	maxPage    = 80
)

// maxTyped bounds what a field takes, in bytes.
const maxTyped = 40

func read(v url.Values) ask {
	field := func(name string) string {
		s := strings.TrimSpace(v.Get(name))
		return strings.ToValidUTF8(s[:min(len(s), maxTyped)], "")
	}
	a := ask{
		Text: field("q"), Has: field("has"), Day: field("day"), Word: field("word"), Carrier: field("carrier"),
		Most: field("most"), Grade: field("grade"), Plan: field("plan"), No4: v.Get("no4") == "1",
		Compare: picked(v["n"]),
	}
	a.Page, _ = strconv.Atoi(v.Get("page"))
	a.Page = min(max(a.Page, 1), maxPage)
	return a
}

// picked reads the numbers that are compared.
func picked(list []string) []string {
	var out []string
	for _, text := range list {
		digits, err := number.Parse(text)
		if err == nil && !slices.Contains(out, digits) && len(out) < maxCompare {
			out = append(out, digits)
		}
	}
	return out
}

// query makes a search of what was asked, and notes what is wrong with it.
func (a *ask) query(grades number.Grades) number.Query {
	q := number.Query{Carrier: number.Carrier(a.Carrier), Grade: a.Grade}
	wrong := func(field, key string) { a.Problems = append(a.Problems, problem{field, key}) }
	if mask, form, ok := pattern(a.Text); !ok {
		wrong("q", "shop.badtext")
	} else if form != "" {
		q.Forms = append(q.Forms, form)
	} else {
		q.Mask = mask
	}
	if a.Has != "" {
		has := number.Form("*" + plain(a.Has) + "*")
		if strings.Trim(plain(a.Has), "0123456789") != "" || len(has) > 9 {
			wrong("has", "shop.badhas")
		} else {
			q.Forms = append(q.Forms, has)
		}
	}
	if a.No4 {
		q.Forms = append(q.Forms, "!4")
	}
	if a.Day != "" {
		var err error
		if q.Any, err = number.FromBirthday(a.Day); err != nil {
			wrong("day", "shop.badday")
		}
	}
	if a.Word != "" {
		digits, ok := number.FromWord(a.Word)
		if !ok || len(digits) > 7 {
			wrong("word", "shop.badword")
		} else {
			q.Forms = append(q.Forms, number.Form(digits))
		}
	}
	if a.Most != "" {
		var err error
		if q.MaxFee, err = money.Parse(a.Most); err != nil || q.MaxFee <= 0 {
			wrong("most", "shop.badmost")
		}
	}
	if q.Carrier != "" && !q.Carrier.Valid() {
		wrong("carrier", "shop.badchoice")
	}
	known := func(r number.Rule) bool { return r.Code == a.Grade }
	if a.Grade != "" && a.Grade != number.Plain.Code && !slices.ContainsFunc(grades, known) {
		wrong("grade", "shop.badchoice")
	}
	return q
}

// plain takes from what was typed what only groups it, and makes one sign of
// those that stand for any digit.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case strings.ContainsRune(" -\u00a0\u3000－‑–", r):
		case r == '？' || r == '?' || r == '＿':
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// pattern reads the large field: ten places, the seven after 400, or a form.
func pattern(text string) (mask string, form number.Form, ok bool) {
	text = plain(text)
	if strings.Trim(text, "_") == "" {
		return "", "", len(text) <= 10
	}
	places := strings.Trim(text, "0123456789_") == ""
	switch {
	case places && len(text) == 10:
		return text, "", strings.HasPrefix(text, "400") || strings.HasPrefix(text, "___")
	case places && len(text) == 7:
		return "400" + text, "", true
	case places && len(text) > 7:
		return "", "", false
	}
	form, err := number.ParseForm(text)
	return "", form, err == nil
}

// link is the address of the search with some of its fields changed: pairs of
// name and value.
func (a ask) link(pairs ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value == "" {
			v.Del(name)
		} else {
			v.Set(name, value)
		}
	}
	set("q", a.Text)
	set("has", a.Has)
	set("day", a.Day)
	set("word", a.Word)
	set("carrier", a.Carrier)
	set("most", a.Most)
	set("grade", a.Grade)
	set("plan", a.Plan)
	if a.No4 {
		v.Set("no4", "1")
	}
	if len(a.Compare) > 0 {
		v["n"] = a.Compare
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		set(pairs[i], pairs[i+1])
	}
	return at("/", v)
}

func at(path string, v url.Values) string {
	return (&url.URL{Path: path, RawQuery: v.Encode()}).String()
}

// toggled is the address of the search with a number picked, or no longer.
func (a ask) toggled(digits string) string {
	list := slices.Clone(a.Compare)
	if i := slices.Index(list, digits); i >= 0 {
		a.Compare = slices.Delete(list, i, i+1)
	} else {
		a.Compare = append(list, digits)
	}
	if a.Page > 1 {
		return a.link("page", strconv.Itoa(a.Page))
	}
	return a.link()
}

// compareLink is the address of the comparison of numbers.
func compareLink(list []string, plan string) string {
	v := url.Values{"n": list}
	if plan != "" {
		v.Set("plan", plan)
	}
	return at("/compare", v)
}

// narrowed reports whether more is asked than what the large field says.
func (a ask) narrowed() bool {
	return a.Has+a.Day+a.Word+a.Carrier+a.Most+a.Grade != ""
}

// problem is the key of what is wrong with a field; empty when nothing is.
func (a ask) problem(field string) string {
	for _, p := range a.Problems {
		if p.Field == field {
			return p.Key
		}
	}
	return ""
}
