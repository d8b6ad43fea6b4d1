package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"sibai/internal/calendar"
	"sibai/internal/order"
	"sibai/internal/realname"
)

// samplePaper draws what stands for every document: an empty page that says that
// it is none.
func samplePaper() ([]byte, error) {
	const width, height = 420, 280
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := uint8(250)
			if x < 6 || y < 6 || x >= width-6 || y >= height-6 || (x+y)%48 == 0 {
				shade = 205
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	for i, line := range []string{"SAMPLE", "This is not a document.", "Invented for the demonstration of Sibai."} {
		d := font.Drawer{Dst: img, Src: image.NewUniform(color.Gray{Y: 60}), Face: basicfont.Face7x13, Dot: fixed.P(60, 110+28*i)}
		d.DrawString(line)
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// form is what an enterprise of the story declares. The numbers of enterprise and
// person are the examples of the standards (GB 32100-2015, GB 11643-1999).
func (s *story) form(o *order.Order) realname.Form {
	f := realname.Form{
		Enterprise: realname.Enterprise{Name: o.Company, USCC: "91350100M000100Y43", Usage: "售前咨询和售后服务热线", ValidUntil: calendar.Day(s.end.AddDate(5, 0, 0))},
		Legal:      realname.Person{Name: o.Handler.Name, ID: "11010519491231002X"},
	}
	for _, phone := range o.Items[0].Targets {
		f.Targets = append(f.Targets, realname.Target{
			Phone: phone, Line: realname.MobileLine, Owner: realname.OfLegal, OwnerName: o.Handler.Name, BilledOn: calendar.Day(s.now().AddDate(0, -1, 0)),
		})
	}
	return f
}

// papers brings an order's application as far as it is handed in, or with draft
// only begun.
func (s *story) papers(ctx context.Context, o *order.Order, draft bool) (realname.ID, error) {
	a, err := s.names.Begin(ctx, o.Code, o.Items[0].Digits, order.ByCustomer)
	if err != nil {
		return 0, err
	}
	form := s.form(o)
	if _, err := s.names.Fill(ctx, a.ID, form, order.ByCustomer); err != nil {
		return 0, err
	}
	slots := form.Needed()
	if draft {
		slots = slots[:2]
	}
	for _, slot := range slots {
		s.pass(time.Second)
		if _, err := s.names.Add(ctx, a.ID, realname.NewDocument{Kind: slot.Kind, Target: slot.Target, Name: "sample.png", Data: s.paper}, order.ByCustomer); err != nil {
			return 0, err
		}
	}
	if draft {
		return a.ID, nil
	}
	if _, err := s.names.HandIn(ctx, a.ID, order.ByCustomer); err != nil {
		return 0, err
	}
	_, err = s.orders.HandIn(ctx, o.ID, order.ByCustomer)
	return a.ID, err
}

// review passes an application in one stage, and its order with it.
func (s *story) review(ctx context.Context, o *order.Order, a realname.ID, stage realname.State) error {
	s.pass(20 * time.Minute)
	d := realname.Decision{Stage: stage, Verdict: realname.Pass, Who: "李审核"}
	if stage == realname.CarrierReview {
		d.Who, d.Reference = "周运营商", "SAMPLE-"+o.Items[0].Digits
	}
	if _, err := s.names.Decide(ctx, a, d); err != nil {
		return err
	}
	var err error
	if stage == realname.VendorReview {
		_, err = s.orders.Vet(ctx, o.ID, d.Who)
	} else {
		_, err = s.orders.OpenNumbers(ctx, o.ID, d.Who)
	}
	return err
}
