package chat

import (
	"context"
	"time"
)

// Store keeps conversations. An adapter implements it for each database.
type Store interface {
	// AddConversation keeps a new conversation with its first message, if
	// allow says nil to how many began since an instant, from its origin and
	// from everywhere; nobody adds one meanwhile.
	AddConversation(ctx context.Context, c Conversation, first Message, since time.Time, allow func(origin, all int) error) error
	// Conversation reads one; ok is false when there is none.
	Conversation(ctx context.Context, id ID) (c Conversation, ok bool, err error)
	// ChangeConversation lets f decide, with nobody else changing it meanwhile,
	// and writes what f says in one durable transaction. The fault
	// chat_not_found says that there is none.
	ChangeConversation(ctx context.Context, id ID, token string, since time.Time, f func(File) (Writes, error)) error
	// Messages lists the messages of a conversation, the oldest first.
	Messages(ctx context.Context, id ID) ([]Message, error)
	// Conversations lists the last limit conversations, those that wait first
	// and of these the longest waiting, then the others, the newest first.
	Conversations(ctx context.Context, limit int) ([]Conversation, error)
	// SetPresence keeps that somebody of the staff is there until an instant;
	// the zero time says that he left.
	SetPresence(ctx context.Context, name string, until time.Time) error
	// Present lists who is there at an instant, by name.
	Present(ctx context.Context, at time.Time) ([]string, error)
	// Canned lists the canned answers by name.
	Canned(ctx context.Context) ([]Canned, error)
	// SetCanned keeps a canned answer, or removes it when it has no text.
	SetCanned(ctx context.Context, c Canned) error
}

// File is what a decision about a conversation needs.
type File struct {
	Conversation Conversation
	Recent       int  // messages of the visitor since the instant asked for
	Said         bool // there is a message with the token asked for
}

// Writes are what becomes of a conversation: it as it is now, and a new
// message when Message.Text is not empty.
type Writes struct {
	Conversation Conversation
	Message      Message
}
