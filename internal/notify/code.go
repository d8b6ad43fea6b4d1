package notify

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/number"
)

// Kind is what a message is.
type Kind string

// The kinds of messages. One-time codes differ by what they are good for, so that
// nobody can be talked into reading out a code for something else.
const (
	OfNotice Kind = "notice"    // of billing or of real-name verification
	ToSign   Kind = "code_sign" // a one-time code for the contract of an order
)

// CodeKinds are the kinds of one-time codes.
func CodeKinds() []Kind { return []Kind{ToSign} }

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
}

// Reach says where a one-time code goes: to a mobile where short messages are set
// up, else to an e-mail address. ok is false when no channel reaches either.
func (s *Service) Reach(mobile, email string) (to string, ok bool) {
	switch {
	case s.phones != nil && mobile != "":
		return mobile, true
	case s.channel != nil && email != "":
		return email, true
	}
	return "", false
}

// SendCode hands a one-time code over while somebody waits, and keeps that it did,
// but never the code: who reads the store finds none. A code that could not be
// sent is not tried again, since another one can be asked for. Faults:
// code_no_channel, code_not_sent.
func (s *Service) SendCode(ctx context.Context, c Code) error {
	at := s.clock()
	m := Message{
		ID: ID(s.newID()), Shard: c.Shard, Customer: c.Customer, At: at, Address: c.To, Lang: c.Lang, Kind: c.Kind, About: c.About,
		State: Sent, Attempts: 1, QueuedAt: at, NextAt: at, SentAt: at,
	}
	err := s.handCode(ctx, m, c)
	if err != nil {
		m.State, m.SentAt = Failed, time.Time{}
		m.Error = clip(strings.ReplaceAll(err.Error(), c.Code, "••••••"))
	}
	if kept := s.store.KeepMessage(context.WithoutCancel(ctx), m); kept != nil {
		s.log.ErrorContext(ctx, "that a one-time code was sent could not be kept", "message", m.ID.String(), "error", kept)
	}
	var known *fault.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	default:
		s.log.WarnContext(ctx, "a one-time code could not be sent", "message", m.ID.String(), "to", m.Masked(), "error", err)
		return fault.New(fault.CodeNotSent)
	}
}

// handCode waits less long than a message that nobody waits for.
func (s *Service) handCode(ctx context.Context, m Message, c Code) error {
	ctx, cancel := context.WithTimeout(ctx, codeFor)
	defer cancel()
	subject, body := c.text()
	if strings.Contains(c.To, "@") {
		if s.channel == nil {
			return fault.New(fault.CodeNoChannel)
		}
		return s.channel.Send(ctx, Mail{Key: m.ID.String(), To: c.To, Subject: subject, Body: body + "\n", At: m.At})
	}
	if s.phones == nil {
		return fault.New(fault.CodeNoChannel)
	}
	return s.phones.Send(ctx, Short{Key: m.ID.String(), Kind: c.Kind, To: c.To, Lang: c.Lang, Params: []string{c.Code, c.minutes()}, Text: body})
}

func (c Code) minutes() string { return strconv.Itoa(int(c.Valid.Minutes())) }

// codeSayings are what a code is for: Chinese, English.
var codeSayings = map[Kind][2]string{
	ToSign: {"签署 400 号码合同", "sign the contract for your 400 number"},
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
