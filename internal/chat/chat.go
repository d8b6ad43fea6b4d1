package chat

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sibai/internal/fault"
	"sibai/internal/id"
)

// ID names a conversation; shown as cnv_….
type ID int64

const prefix = "cnv"

func (i ID) String() string { return id.Format(prefix, int64(i)) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	v, err := id.Parse(prefix, s)
	return ID(v), err
}

// Sizes and paces. They bound what a stranger can make the store keep.
const (
	MaxText     = 1000           // characters of one message
	MaxName     = 40             // characters of a name
	MaxContact  = 80             // characters of a contact
	MaxMessages = 400            // of one conversation
	MaxCanned   = 50             // canned answers
	perMinute   = 12             // messages of one visitor
	perHour     = 6              // conversations from one address
	allPerHour  = 600            // conversations from everywhere
	Idle        = 24 * time.Hour // after which a conversation counts as closed
	MaxNote     = 200            // characters of what came of a call
	present     = time.Minute    // how long a sign of presence holds
)

// Conversation is what a visitor and the staff write to each other.
type Conversation struct {
	ID        ID
	Key       [32]byte // SHA-256 of the visitor's key
	Origin    string   // truncated hash of the visitor's address
	Lang      string   // in which the visitor reads pages: zh or en
	Name      string   // as typed; may be empty
	Contact   string   // phone or mail address as typed; never empty when Offline
	Offline   bool     // it began as a message that was left
	CreatedAt time.Time
	LastAt    time.Time // of the last message
	Messages  int       // how many there are
	Waiting   bool      // the last message is the visitor's
	ClosedAt  time.Time // zero while nobody closed it
	Called    Called    // when the visitor was called back last
}

// Called is when staff called a visitor back; zero when nobody did.
type Called struct {
	At   time.Time
	By   string
	Note string // what came of it; may be empty
}

// Closed reports whether nobody may write any more at an instant.
func (c Conversation) Closed(at time.Time) bool {
	return !c.ClosedAt.IsZero() || !c.Offline && at.Sub(c.LastAt) > Idle
}

// opens reports whether key is the visitor's, in a time that does not depend
// on how much of it is right.
func (c Conversation) opens(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], c.Key[:]) == 1
}

// Message is one text of a conversation.
type Message struct {
	Seq   int // 1 is the first
	At    time.Time
	Staff string // who of the staff wrote it; empty for the visitor
	Token string // of the form that sent it: the same form sent twice counts once
	Text  string
}

// Canned is an answer that staff use often.
type Canned struct {
	Name string // short, unique
	Text string
}

// clean is a text without what no reader sees, for one line or several. The
// fault says which field is empty or too long.
func clean(s string, most int, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1 // could hide or turn around what stands beside it
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n > most {
		return "", fault.New(fault.ChatTextLong, "length", n, "most", most)
	}
	return s, nil
}

func text(s string) (string, error) {
	s, err := clean(s, MaxText, true)
	if err == nil && s == "" {
		return "", fault.New(fault.ChatTextEmpty)
	}
	return s, err
}

// contact is a phone number or a mail address, roughly: a person will use it.
func contact(s string) (string, error) {
	s, err := clean(s, MaxContact, false)
	if err != nil {
		return "", err
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	name, host, mail := strings.Cut(s, "@")
	if mail = mail && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " <>"); !mail && digits < 7 {
		return "", fault.New(fault.ChatContactInvalid, "contact", s)
	}
	return s, nil
}
