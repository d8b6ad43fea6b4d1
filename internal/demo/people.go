package demo

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"sibai/internal/chat"
	"sibai/internal/identity"
)

// fromDemo is the address of what the story does.
const fromDemo = "demo"

var staff = []struct {
	name string
	role identity.Role
}{
	{"陈主管", identity.Admin}, {"苏销售", identity.Sales}, {"李审核", identity.Reviewer}, {"周运营商", identity.CarrierDesk}, {"钱出纳", identity.Cashier},
}

var members = []struct {
	name string
	role identity.Role
}{{"王小明", identity.Owner}, {"何财务", identity.Finance}, {"赵话务", identity.Routing}, {"孙旁观", identity.Viewer}}

// hire lets staff of each role come in, and members of the customer whose numbers
// the demo's callers dial.
func (s *story) hire(ctx context.Context) error {
	for _, p := range staff {
		login := strings.ReplaceAll(string(p.role), "_", "-") + "@demo.example"
		in, err := s.people.InviteStaff(ctx, identity.Actor{}, identity.Invitation{Name: p.name, Login: login, Role: p.role}, fromDemo)
		if err != nil {
			return err
		}
		if _, err := s.people.Accept(ctx, in.Key, s.cast.Password, fromDemo); err != nil {
			return err
		}
		s.cast.Office = append(s.cast.Office, Player{p.role, login})
	}
	return s.join(ctx, "yunhe", len(members))
}

// join lets members of each role act for a customer; the owner acts for every
// customer of the story.
func (s *story) join(ctx context.Context, customer string, roles int) error {
	for _, p := range members[:roles] {
		login := string(p.role) + "@demo.example"
		in, err := s.people.InviteMember(ctx, identity.Actor{}, customer, identity.Invitation{Name: p.name, Login: login, Role: p.role}, fromDemo)
		if err != nil {
			return err
		}
		if in.Key == "" {
			continue // has a password already
		}
		if _, err := s.people.Accept(ctx, in.Key, s.cast.Password, fromDemo); err != nil {
			return err
		}
		s.cast.Console = append(s.cast.Console, Player{p.role, login})
	}
	return nil
}

// chat has a visitor talk to staff, another one leave a message, and staff keep
// answers at hand.
func (s *story) chat(ctx context.Context) error {
	for _, c := range []chat.Canned{
		{Name: "材料", Text: "办理需要营业执照、法定代表人和经办人的身份证，以及盖章的申请表和承诺书。"},
		{Name: "时间", Text: "材料收齐后初审约 4 小时，运营商终审约 3 个工作日。"},
	} {
		if err := s.chats.SetCanned(ctx, c); err != nil {
			return err
		}
	}
	s.ago(20 * time.Minute)
	c, key, err := s.chats.Begin(ctx, chat.Start{
		Name: "李女士", Text: "请问尾号 88 的号码有优惠吗？", Lang: "zh", Address: netip.MustParseAddr("192.0.2.10"), Token: "demo-1",
	})
	if err != nil {
		return err
	}
	s.pass(time.Minute)
	if err := s.chats.Answer(ctx, c.ID, "苏销售", "demo-2", "你好，本月尾号 88 的选号费八折，下单时自动计入。"); err != nil {
		return err
	}
	s.pass(time.Minute)
	if err := s.chats.Say(ctx, c.ID, key, "demo-3", "好的，那合同可以在网上签吗？"); err != nil {
		return err
	}
	s.pass(time.Minute)
	_, _, err = s.chats.Begin(ctx, chat.Start{
		Name: "Ms Green", Contact: "green@example.com", Text: "Can we port our 400 number to you?", Offline: true, Lang: "en",
		Address: netip.MustParseAddr("192.0.2.11"), Token: "demo-4",
	})
	return err
}
