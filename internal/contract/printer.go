package contract

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"text/template"
	"time"

	"sibai/internal/calendar"
	"sibai/internal/catalog"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/order"
	"sibai/internal/phone"
)

//go:embed contract.zh.txt
var ours string

// Printer prints contracts. It is safe for concurrent use.
type Printer struct {
	template *template.Template
	terms    order.Terms
}

var _ order.Printer = (*Printer)(nil)

// New makes a Printer. text is the operator's template; empty takes our own.
func New(text string, terms order.Terms) (*Printer, error) {
	if text == "" {
		text = ours
	}
	t, err := template.New("contract").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the template of contracts: %w", err)
	}
	p := &Printer{t, terms}
	// A template that names what there is not is found now, not by a customer.
	if err := t.Execute(new(bytes.Buffer), p.fill(order.Contract{})); err != nil {
		return nil, fmt.Errorf("the template of contracts: %w", err)
	}
	return p, nil
}

// filled is what a template may name.
type filled struct {
	Number, Date, Operator, Company, Handler, Phone string
	Items                                           []filledItem
	Sum, LapseFee                                   string
	Documents                                       int // days
	Signed                                          *filledSignature
}

type filledItem struct {
	Number, Grade, Plan, Targets string
	Features, Meter              string // the names of features; when the meter starts
	Once, Term, TopUp, Minimum   string // in yuan; empty where there is none
	Months                       int
	Period, Year, Three          string
}

type filledSignature struct{ Name, Proven, At, Address, Document string }

func (p *Printer) fill(c order.Contract) filled {
	o := &c.Order
	f := filled{
		Number: o.ID.String(), Date: day(c.At), Operator: oneLine(c.Operator), Company: oneLine(o.Company), Handler: oneLine(o.Handler.Name),
		Phone: o.Handler.Phone, Sum: o.Sum().Format(), LapseFee: p.terms.LapseFee.Format(), Documents: int(p.terms.Documents / (24 * time.Hour)),
	}
	for i := range o.Items {
		f.Items = append(f.Items, fillItem(&o.Items[i], o))
	}
	if s := o.Signature; s.Name != "" {
		f.Signed = &filledSignature{
			Name: oneLine(s.Name), Proven: phone.MaskContact(s.Proven), At: s.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05 -07:00"),
			Address: s.Address, Document: hex.EncodeToString(s.Document[:]),
		}
	}
	return f
}

func fillItem(i *order.Item, o *order.Order) filledItem {
	f := filledItem{
		Number: number.Format(i.Digits, ""), Grade: i.GradeName, Plan: oneLine(i.Plan.Name), Targets: strings.Join(i.Targets, "、"),
		Once: i.Quote.Once.Format(), Term: some(i.Quote.Term), TopUp: some(i.Quote.TopUp), Minimum: some(i.Quote.Minimum), Months: i.Quote.TermMonths,
		Year: i.Span(1, o).Total().Format(), Three: i.Span(3, o).Total().Format(), Period: "每月",
	}
	var features []string
	f.Meter = "被叫应答起计费"
	for _, sold := range i.Features {
		features = append(features, oneLine(sold.Name)+featurePrice(sold))
		if sold.Answers {
			f.Meter = "平台接听起计费"
		}
	}
	f.Features = strings.Join(features, "、")
	if f.Targets == "" {
		f.Targets = "开通前提交"
	}
	if i.Quote.Period == catalog.Yearly {
		f.Period = "每年"
	}
	return f
}

func featurePrice(f catalog.SoldFeature) string {
	var parts []string
	if f.Once > 0 {
		parts = append(parts, "一次性 "+f.Once.Format())
	}
	if f.Year > 0 {
		parts = append(parts, "每年 "+f.Year.Format())
	}
	if len(parts) == 0 {
		return "（不另收费）"
	}
	return "（" + strings.Join(parts, "，") + "）"
}

func some(a money.Amount) string {
	if a == 0 {
		return ""
	}
	return a.Format()
}

func day(at time.Time) string { return at.In(calendar.Shanghai).Format("2006-01-02") }

// oneLine keeps what people typed from being read as the template's own marks.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", "｜", "#", "＃").Replace(text)
}

// Contract prints a contract. It implements order.Printer.
func (p *Printer) Contract(c order.Contract) ([]byte, error) {
	var text bytes.Buffer
	if err := p.template.Execute(&text, p.fill(c)); err != nil {
		return nil, fmt.Errorf("fill the template in: %w", err)
	}
	return set(text.String(), c.Order.ID.String(), c.At)
}
