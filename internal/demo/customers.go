package demo

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"sibai/internal/money"
	"sibai/internal/order"
	"sibai/internal/pay/sandbox"
	"sibai/internal/payment"
	"sibai/internal/realname"
	"sibai/internal/web/checkout"
	"sibai/internal/web/purchase"
	"sibai/internal/web/verify"
)

// fate is how far a customer of the story comes.
type fate struct {
	ago     time.Duration // when it orders
	state   string        // what its order shows, in the end
	company string
	name    string // of the handler
	plan    string
	play    func(s *story, ctx context.Context, o *order.Order) error
}

// lives are the customers of the story, the earliest first. What follows later than
// an order, such as arrears, is in plot.
var lives = []fate{
	{97 * day, "closing", "北京示例装饰有限公司", "郑一凡", "buyout-six", opened},
	{60 * day, "open", "杭州示例茶业有限公司", "王小明", "annual-600", opened},
	{45 * day, "frozen", "广州示例贸易有限公司", "冯二喜", "annual-600", opened},
	{30 * day, "suspended", "成都示例餐饮有限公司", "褚三元", "buyout-six", opened},
	{20 * day, "lapsed", "武汉示例机电有限公司", "卫四平", "buyout-six", paid},
	{6 * day, "refused", "西安示例金融服务有限公司", "蒋五福", "annual-600", refused},
	{5 * day, "expired", "南京示例软件有限公司", "沈六顺", "annual-600", nil},
	{4 * day, "cancelled", "长沙示例文具有限公司", "韩七星", "annual-600", cancelled},
	{3 * day, "asked again", "青岛示例海产有限公司", "杨八方", "annual-600", askedAgain},
	{2 * day, "carrier review", "厦门示例旅行社有限公司", "朱九江", "annual-600", atCarrier},
	{28 * time.Hour, "vendor review", "苏州示例纺织有限公司", "秦十全", "flat-1800", handedIn},
	{26 * time.Hour, "documents", "宁波示例五金有限公司", "尤百川", "annual-600", drafted},
	{9 * time.Minute, "underpaid", "合肥示例仪器有限公司", "许千里", "annual-600", underpaid},
	{7 * time.Minute, "paying", "昆明示例花卉有限公司", "何万全", "annual-600", asking},
	{5 * time.Minute, "signed", "福州示例渔具有限公司", "吕亿达", "flat-1800", signed},
	{3 * time.Minute, "locked", "济南示例图书有限公司", "施兆丰", "annual-600", nil},
}

// number is what the i-th customer orders, the first of the story's own.
func (f fate) number(i int) string { return fmt.Sprintf("400826%04d", 6120+7*i) }

func (f fate) phone(i int) string { return fmt.Sprintf("1380000%04d", 9000+i) }

// order lets the i-th customer of the story order a number and go its way.
func (s *story) order(ctx context.Context, i int) error {
	f := lives[i]
	placed, err := s.orders.Place(ctx, order.Wish{
		Company: f.company, Handler: order.Handler{Name: f.name, Phone: f.phone(i), Email: fmt.Sprintf("handler%d@demo.example", i), Lang: "zh"},
		Items: []order.WishItem{{Number: f.number(i), Plan: f.plan, Targets: []string{"13800000001", "13800000003"}, Features: f.features()}},
	})
	if err != nil {
		return err
	}
	o := placed.Order
	if f.play != nil {
		if err := f.play(s, ctx, &o); err != nil {
			return err
		}
	}
	s.by[f.state] = o
	s.cast.Orders = append(s.cast.Orders, Prop{f.state, purchase.Path(o.ID, placed.Key)})
	roles := 1
	if f.state == "open" {
		roles, s.cast.Customer = len(members), o.Code
	}
	return s.join(ctx, o.Code, roles)
}

func signed(s *story, ctx context.Context, o *order.Order) error {
	s.pass(20 * time.Second)
	coded, err := s.orders.SendCode(ctx, o.ID)
	if err != nil {
		return err
	}
	shown, err := s.orders.Contract(ctx, coded)
	if err != nil {
		return err
	}
	s.pass(20 * time.Second)
	*o, err = s.orders.Sign(ctx, o.ID, order.Signing{Name: o.Handler.Name, Code: coded.OneTime.Shown, Document: hex.EncodeToString(shown.Hash[:]), Address: "192.0.2.20"})
	return err
}

// pays signs an order and pays so much less than is asked.
func (s *story) pays(ctx context.Context, o *order.Order, less money.Amount) error {
	if err := signed(s, ctx, o); err != nil {
		return err
	}
	asked, _, err := s.orders.AskPayment(ctx, o.ID, "")
	if err != nil {
		return err
	}
	if less > 0 {
		s.cast.Pages = append(s.cast.Pages, Prop{"payment that differs", checkout.Path(asked.Payment.ID, asked.Key)})
	}
	return s.tell(ctx, asked.Payment, less)
}

// tell plays the payment provider: it notifies of a payment that was made.
func (s *story) tell(ctx context.Context, p payment.Payment, less money.Amount) error {
	s.pass(20 * time.Second)
	header, body, err := s.sandbox.Pay(payment.Notice{Payment: p.ID, Reference: "demo-" + p.ID.String(), Amount: p.Amount - less, Currency: "CNY", PaidAt: s.now()})
	if err != nil {
		return err
	}
	_, err = s.till.Notify(ctx, sandbox.Name, header, body)
	return err
}

func asking(s *story, ctx context.Context, o *order.Order) error {
	if err := signed(s, ctx, o); err != nil {
		return err
	}
	asked, _, err := s.orders.AskPayment(ctx, o.ID, "")
	if err != nil {
		return err
	}
	s.cast.Pages = append(s.cast.Pages, Prop{"payment", checkout.Path(asked.Payment.ID, asked.Key)})
	return nil
}

// underpaid is a hundred yuan short.
func underpaid(s *story, ctx context.Context, o *order.Order) error {
	return s.pays(ctx, o, 100*money.Yuan)
}

func paid(s *story, ctx context.Context, o *order.Order) (err error) {
	if err := s.pays(ctx, o, 0); err != nil {
		return err
	}
	*o, err = s.orders.Settle(ctx, o.ID)
	return err
}

func drafted(s *story, ctx context.Context, o *order.Order) error {
	if err := paid(s, ctx, o); err != nil {
		return err
	}
	a, err := s.papers(ctx, o, true)
	if err != nil {
		return err
	}
	_, key, err := s.names.Link(ctx, a, order.ByCustomer)
	s.cast.Pages = append(s.cast.Pages, Prop{"documents", verify.Path(a, key)})
	return err
}

func handedIn(s *story, ctx context.Context, o *order.Order) error {
	_, err := s.handedIn(ctx, o)
	return err
}

func (s *story) handedIn(ctx context.Context, o *order.Order) (realname.ID, error) {
	if err := paid(s, ctx, o); err != nil {
		return 0, err
	}
	s.pass(10 * time.Minute)
	return s.papers(ctx, o, false)
}

func atCarrier(s *story, ctx context.Context, o *order.Order) error {
	a, err := s.handedIn(ctx, o)
	if err != nil {
		return err
	}
	return s.review(ctx, o, a, realname.VendorReview)
}

func opened(s *story, ctx context.Context, o *order.Order) error {
	a, err := s.handedIn(ctx, o)
	if err != nil {
		return err
	}
	if err := s.review(ctx, o, a, realname.VendorReview); err != nil {
		return err
	}
	return s.review(ctx, o, a, realname.CarrierReview)
}

func askedAgain(s *story, ctx context.Context, o *order.Order) error {
	a, err := s.handedIn(ctx, o)
	if err != nil {
		return err
	}
	s.pass(30 * time.Minute)
	const why = "营业执照照片不清晰，请重新拍摄四角完整的照片"
	if _, err := s.names.Decide(ctx, a, realname.Decision{
		Stage: realname.VendorReview, Verdict: realname.Ask, Reasons: []realname.Reason{"unclear"}, Note: why, Who: "李审核",
	}); err != nil {
		return err
	}
	_, err = s.orders.AskAgain(ctx, o.ID, "李审核", why)
	return err
}

func refused(s *story, ctx context.Context, o *order.Order) error {
	a, err := s.handedIn(ctx, o)
	if err != nil {
		return err
	}
	s.pass(30 * time.Minute)
	if _, err := s.names.Decide(ctx, a, realname.Decision{
		Stage: realname.VendorReview, Verdict: realname.Reject, Reasons: []realname.Reason{"industry"}, Note: "不受理的行业", Who: "李审核",
	}); err != nil {
		return err
	}
	_, err = s.orders.Refuse(ctx, o.ID, "李审核", "不受理的行业，款项原路退回")
	return err
}

func cancelled(s *story, ctx context.Context, o *order.Order) error {
	_, err := s.orders.Cancel(ctx, o.ID, order.ByCustomer, "")
	return err
}

// turn does what is due of orders and payments.
func (s *story) turn(ctx context.Context) error {
	if _, err := s.orders.Turn(ctx, s.store.Catalog, s.cfg.Node); err != nil {
		return err
	}
	_, err := s.till.Turn(ctx, s.store.Catalog, s.cfg.Node)
	return err
}

// features are what a customer orders with its number.
func (f fate) features() []string {
	if f.plan == "flat-1800" {
		return []string{"menu", "queue"}
	}
	return []string{"ring-back"}
}
