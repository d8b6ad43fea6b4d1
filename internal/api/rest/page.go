package rest

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"sibai/internal/fault"
)

// Most is how many items a page of a list has at most.
const Most = 200

// Paging asks for a page of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items the page has at most."`
	Cursor string `query:"cursor" maxLength:"300" doc:"What next said on the page before; empty: the first page."`
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T    `json:"items" doc:"The items."`
	Next  string `json:"next,omitempty" doc:"The cursor of the page that follows; missing: this is the last one."`
}

// Paged is an answer that is a page.
type Paged[T any] struct{ Body Page[T] }

// PageOf makes a page of what was read with one more than the limit, so that the
// last page says so. from is where the page after an item begins.
func PageOf[T, S any](p Paging, found []S, item func(S) T, from func(S) any) *Paged[T] {
	out := &Paged[T]{Page[T]{Items: make([]T, 0, len(found))}}
	if len(found) > p.Limit {
		found = found[:p.Limit]
		text, err := json.Marshal(from(found[p.Limit-1]))
		if err != nil {
			panic(err) // the cursors are our own types
		}
		out.Body.Next = base64.RawURLEncoding.EncodeToString(text)
	}
	for _, f := range found {
		out.Body.Items = append(out.Body.Items, item(f))
	}
	return out
}

// From reads the cursor of a page; nothing is changed by the first page's.
func (p Paging) From(to any) error {
	if p.Cursor == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		return fault.Wrap(err, fault.CursorInvalid, "cursor", p.Cursor)
	}
	return nil
}

// Tag is the ETag of the version of something (RFC 9110 §8.8.3).
func Tag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// Version reads an If-Match: what the change was decided on.
func Version(match string) (int, error) {
	text, err := strconv.Unquote(match)
	if match == "" {
		return 0, fault.New(fault.MatchMissing)
	}
	if err == nil {
		if v, err := strconv.Atoi(text); err == nil && v >= 0 {
			return v, nil
		}
	}
	return 0, fault.New(fault.ValueNotAllowed, "value", match, "allowed", `"1", "2", …`)
}
