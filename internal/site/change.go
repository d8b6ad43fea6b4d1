package site

import (
	"slices"
	"strings"
)

// Action is what applying does to one entity.
type Action string

// The actions. There is no delete: what a file does not name is left alone.
const (
	Create    Action = "create"
	Update    Action = "update"
	Unchanged Action = "unchanged"
)

// Change is what applying does to one entity, in words for people.
type Change struct {
	Action Action
	Entity string // trunk, tariff version, plan, customer, target, number, top-up, …
	Name   string
	Fields []FieldChange // that are set (Create) or differ (Update)
}

// FieldChange is one field of a Change. From is empty in a Create.
type FieldChange struct {
	Field, From, To string
}

// chinese are the words of a Change; the names of fields are those of the site
// file in every language.
var chinese = map[string]string{
	string(Create): "新建", string(Update): "修改", string(Unchanged): "不变",
	"operator": "运营方", "segment": "号段", "floor": "首充底线", "trunk": "中继", "tariff": "资费", "plan": "套餐", "customer": "客户", "discount": "优惠", "feature": "功能",
	"target": "目的码", "number": "号码", "profile of": "业务配置", "top-up": "充值",
}

// Chinese is String in Chinese.
func (c Change) Chinese() string {
	return c.words(chinese[string(c.Action)]+chinese[c.Entity]+" "+c.Name, "（无）")
}

// String is one line: "update plan annual-600: fee 600.00 → 580.00".
func (c Change) String() string {
	return c.words(string(c.Action)+" "+c.Entity+" "+c.Name, "(none)")
}

func (c Change) words(head, nothing string) string {
	var b strings.Builder
	b.WriteString(head)
	or := func(s string) string {
		if s == "" {
			return nothing
		}
		return s
	}
	for i, f := range c.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(f.Field + " ")
		if c.Action == Update {
			b.WriteString(or(f.From) + " → ")
		}
		b.WriteString(or(f.To))
	}
	return b.String()
}

// none is a value as String says it.
func none(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// Changed reports whether any of the changes is one.
func Changed(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Action != Unchanged })
}

// fact is one field of an entity as text. Two entities are the same when all
// their facts are.
type fact struct{ name, text string }

// compare makes the Change from stored to wanted; stored is nil for an entity
// that is not stored yet. A fact that only one of them has differs from none.
func compare(entity, name string, stored, wanted []fact) Change {
	c := Change{Action: Unchanged, Entity: entity, Name: name}
	if stored == nil {
		c.Action = Create
		for _, f := range wanted {
			if f.text != "" {
				c.Fields = append(c.Fields, FieldChange{Field: f.name, To: f.text})
			}
		}
		return c
	}
	for i, f := range wanted {
		if was := textOf(stored, f.name, i); was != f.text {
			c.Action = Update
			c.Fields = append(c.Fields, FieldChange{Field: f.name, From: was, To: f.text})
		}
	}
	for i, f := range stored {
		if f.text != "" && textOf(wanted, f.name, i) == "" && !slices.ContainsFunc(wanted, func(w fact) bool { return w.name == f.name }) {
			c.Action = Update
			c.Fields = append(c.Fields, FieldChange{Field: f.name, From: f.text})
		}
	}
	return c
}

// textOf finds a fact by its name, most likely at place i; "" when there is
// none.
func textOf(facts []fact, name string, i int) string {
	if i < len(facts) && facts[i].name == name {
		return facts[i].text
	}
	for _, f := range facts {
		if f.name == name {
			return f.text
		}
	}
	return ""
}
