package notify

import (
	"time"

	"sibai/internal/billing"
	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/id"
)

// NoticeID names a notice.
type NoticeID int64

// String shows the id as ntc_….
func (i NoticeID) String() string { return id.Format("ntc", int64(i)) }

// ParseNoticeID reads what String wrote. Faults: notice_not_found.
func ParseNoticeID(s string) (NoticeID, error) {
	v, err := id.Parse("ntc", s)
	if err != nil {
		return 0, fault.Wrap(err, fault.NoticeNotFound, "notice", s)
	}
	return NoticeID(v), nil
}

// Reader is somebody who reads notices in the pages. Staff read those of customer 0,
// which are the operator's.
type Reader struct {
	Shard    int
	Customer catalog.CustomerID
	Person   int64
	Kinds    []billing.ItemKind // that its role lets it read
	// Since is from when on notices are new to it; older ones count as read.
	Since time.Time
}

// MaxUnread is how many unread notices are counted: from there on it is "many".
const MaxUnread = 100

// Told is a notice as a reader sees it.
type Told struct {
	billing.Notice
	Read bool
}

// Remedy says what may be done about what an item tells, in Chinese with zh, else in
// English; empty for an item that is no notice.
func Remedy(kind billing.ItemKind, zh bool) string {
	if zh {
		return sayings[kind][0].remedy
	}
	return sayings[kind][1].remedy
}

// Subject names what an item tells in a few words.
func Subject(kind billing.ItemKind, zh bool) string {
	if zh {
		return sayings[kind][0].subject
	}
	return sayings[kind][1].subject
}
