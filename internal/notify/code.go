package notify

import (
	"context"
	"strconv"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
	"sibai/internal/phone"
)

// Kind is what a message is.
type Kind string

// The kinds of messages. One-time codes differ by what they are good for, so that
// nobody can be talked into reading out a code for something else.
const (
	OfNotice Kind = "notice"    // of billing or of real-name verification
	ToSign   Kind = "code_sign" // a one-time code for the contract of an order
	ToSignIn Kind = "code_sign_in"
	ToRing   Kind = "code_ring" // shows that a phone may ring for a 400 number
	// Invitation lets somebody in to the pages of a customer, or of the operator.
	Invitation Kind = "invitation"
)

// Shorts are the kinds of messages that may go to a mobile: a channel to phones says
// of each how it is sent.
func Shorts() []Kind { return []Kind{ToSign, ToSignIn, ToRing, Invitation} }

// Code is a one-time code that somebody waits for.
type Code struct {
	Kind  Kind
	To    string // as Reach said it
	Lang  string
	Code  string
	Valid time.Duration
	About string // what it is good for, such as the numbers of an order; may be empty

	Shard    int // of the customer; zero when it is for none
	Customer catalog.CustomerID
}

// Short is a short message to a mobile phone (SMS).
type Short struct {
	Key  string
	Kind Kind   // names the template that the carrier has approved
	To   string // eleven digits
	Lang string
	// Params are what fills the template, in the order in which the words have
	// them: of a code, the code and its minutes.
	Params []string
	Text   string // all of it in words
}

// Phones hands short messages over. An adapter implements it.
type Phones interface {
	// Send returns when the message was taken over for delivery. An error that
	// is a *Refusal says that trying again is of no use.
	Send(ctx context.Context, m Short) error
	// Sends reports whether messages of a kind can be sent at all.
	Sends(kind Kind) bool
}

// Reach says where a one-time code for a signature goes: to a mobile where short messages are set
// up, else to an e-mail address. ok is false when no channel reaches either.
func (s *Service) Reach(mobile, email string) (to string, ok bool) {
	switch {
	case mobile != "" && s.Reaches(ToSign, mobile):
		return mobile, true
	case email != "" && s.Reaches(ToSign, email):
		return email, true
	}
	return "", false
}

// Reaches reports whether a message of a kind can be sent to a mobile or an e-mail
// address.
func (s *Service) Reaches(kind Kind, to string) bool {
	if strings.Contains(to, "@") {
		return s.channel != nil
	}
	return s.phones != nil && s.phones.Sends(kind)
}

// SendCode hands a one-time code over while somebody waits, and keeps that it did,
// but never the code: who reads the store finds none. A code that could not be
// sent is not tried again, since another one can be asked for. Faults:
// code_no_channel, code_not_sent.
func (s *Service) SendCode(ctx context.Context, c Code) error {
	subject, body := c.text()
	m := s.message(c.Kind, c.To, c.Lang, c.About)
	m.Shard, m.Customer = c.Shard, c.Customer
	sent, err := s.hand(ctx, m, subject, body, c.Code, []string{c.Code, c.minutes()})
	if err == nil && !sent {
		return fault.New(fault.CodeNotSent)
	}
	return err
}

// Invite is who is let in to the pages.
type Invite struct {
	To, Lang string
	Name     string
	Company  string // that they may act for; empty: the operator
	Link     string // where they set a password, or sign in
	Key      string // in the link; whoever has it acts for them. Empty: none
}

// SendInvite hands an invitation over, as SendCode does; the key of its link is
// kept nowhere. Faults: code_no_channel, link_not_sent.
func (s *Service) SendInvite(ctx context.Context, i Invite) error {
	subject, body := i.text()
	sent, err := s.hand(ctx, s.message(Invitation, i.To, i.Lang, i.Company), subject, body, i.Key, []string{i.Name, i.Company, i.Link})
	if err == nil && !sent {
		return fault.New(fault.LinkNotSent, "login", phone.MaskContact(i.To))
	}
	return err
}

func (s *Service) message(kind Kind, to, lang, about string) Message {
	at := s.clock()
	return Message{ID: ID(s.newID()), At: at, Address: to, Lang: lang, Kind: kind, About: about, Attempts: 1, QueuedAt: at, NextAt: at}
}

// hand hands a message over and keeps what became of it, without its secret, even
// where a channel repeats that. sent is false when the channel did not take it,
// which is logged. Faults: code_no_channel.
func (s *Service) hand(ctx context.Context, m Message, subject, body, secret string, params []string) (sent bool, err error) {
	if !s.Reaches(m.Kind, m.Address) {
		return false, fault.New(fault.CodeNoChannel)
	}
	within, cancel := context.WithTimeout(ctx, codeFor) // somebody waits
	defer cancel()
	if strings.Contains(m.Address, "@") {
		err = s.channel.Send(within, Mail{Key: m.ID.String(), To: m.Address, Subject: subject, Body: body + "\n", At: m.At})
	} else {
		err = s.phones.Send(within, Short{Key: m.ID.String(), Kind: m.Kind, To: m.Address, Lang: m.Lang, Params: params, Text: body})
	}
	m.State, m.SentAt = Sent, m.At
	if err != nil {
		m.State, m.SentAt, m.Error = Failed, time.Time{}, err.Error()
		if secret != "" {
			m.Error = strings.ReplaceAll(m.Error, secret, hidden)
		}
		m.Error = clip(m.Error)
		s.log.WarnContext(ctx, "a message that somebody waits for could not be sent", "message", m.ID.String(), "kind", string(m.Kind), "to", m.Masked(), "error", m.Error)
	}
	if err := s.store.KeepMessage(context.WithoutCancel(ctx), m); err != nil {
		s.log.ErrorContext(ctx, "what became of a message could not be kept", "message", m.ID.String(), "error", err)
	}
	return m.State == Sent, nil
}

// hidden stands for a secret.
const hidden = "••••••"

func (c Code) minutes() string { return strconv.Itoa(int(c.Valid.Minutes())) }

// codeSayings are what a code is for: Chinese, English.
var codeSayings = map[Kind][2]string{
	ToSign:   {"签署 400 号码合同", "sign the contract for your 400 number"},
	ToSignIn: {"登录或注册", "sign in"},
	ToRing:   {"确认本机接听 400 号码的来电", "let this phone answer calls to a 400 number"},
}

// text is a code in words: first the code, since phones show the beginning.
func (c Code) text() (subject, body string) {
	what, about := codeSayings[c.Kind], ""
	if c.Lang == "en" {
		if c.About != "" {
			about = " (" + c.About + ")"
		}
		return "Your code", c.Code + " is your code to " + what[1] + about + ". It holds for " + c.minutes() + " minutes. Give it to nobody; if you did not ask for it, do nothing."
	}
	if c.About != "" {
		about = "（" + c.About + "）"
	}
	return "验证码", "验证码 " + c.Code + "，用于" + what[0] + about + "，" + c.minutes() + " 分钟内有效。请勿告知他人；如非本人操作，请忽略。"
}

// Numbers are 400 numbers as words, for Code.About: the first, and how many more.
func Numbers(digits []string) string {
	if len(digits) == 0 {
		return ""
	}
	first := number.Format(digits[0], "")
	if len(digits) == 1 {
		return first
	}
	return first + " +" + strconv.Itoa(len(digits)-1)
}

// text is an invitation in words.
func (i Invite) text() (subject, body string) {
	if i.Lang == "en" {
		who := i.Company
		if who == "" {
			who = "the operator"
		}
		if i.Key == "" {
			return "You were let in", i.Name + ", you may now act for " + who + ". Sign in as usual: " + i.Link
		}
		return "You were let in", i.Name + ", you may now act for " + who + ". Set your password within seven days: " + i.Link + " . Give the link to nobody."
	}
	who := i.Company
	if who == "" {
		who = "运营方"
	}
	if i.Key == "" {
		return "邀请您加入", i.Name + "，您已获准为" + who + "办理业务，请照常登录：" + i.Link
	}
	return "邀请您加入", i.Name + "，您已获准为" + who + "办理业务，请在七天内设置密码：" + i.Link + " 。链接请勿转发。"
}
