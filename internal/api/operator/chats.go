package operator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/chat"
	"sibai/internal/fault"
)

// Chats is what visitors and staff write to each other; chat.Service implements it.
type Chats interface {
	Desk(ctx context.Context) (chat.Desk, error)
	Read(ctx context.Context, c chat.ID) (chat.Conversation, []chat.Message, error)
	Answer(ctx context.Context, c chat.ID, staff, token, said string) error
	CallBack(ctx context.Context, c chat.ID, staff, note string) error
	Close(ctx context.Context, c chat.ID) error
	Closed(c chat.Conversation) bool
}

// Chat is a conversation with a visitor.
type Chat struct {
	ID        string    `json:"id" example:"cnv_0ARZ3NDEKTSV4"`
	Name      string    `json:"name,omitempty" doc:"The visitor's, as typed."`
	Contact   string    `json:"contact,omitempty" doc:"Phone or e-mail address, as typed."`
	Lang      string    `json:"lang" doc:"In which the visitor reads: zh or en."`
	Left      bool      `json:"left" doc:"It began as a message that was left while nobody was there."`
	Waiting   bool      `json:"waiting" doc:"The last message is the visitor's, and nobody called back."`
	Over      bool      `json:"over" doc:"Nobody may write any more."`
	CreatedAt time.Time `json:"created_at"`
	LastAt    time.Time `json:"last_at" doc:"Of the last message."`
	CalledAt  time.Time `json:"called_at,omitzero" doc:"When the visitor was called back."`
	Messages  []Said    `json:"messages,omitempty" doc:"The oldest first; not in lists."`
}

// Said is one message.
type Said struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty" doc:"Who of the staff wrote it; missing: the visitor."`
	Text string    `json:"text"`
}

// ChatOutput is the answer about a conversation.
type ChatOutput struct{ Body Chat }

// ChatPath names a conversation.
type ChatPath struct {
	ID string `path:"chat" maxLength:"40" doc:"The conversation's id." example:"cnv_0ARZ3NDEKTSV4"`
}

func (o *operations) chatOf(c chat.Conversation) Chat {
	return Chat{
		ID: c.ID.String(), Name: c.Name, Contact: c.Contact, Lang: c.Lang, Left: c.Offline, Waiting: c.Waiting, Over: o.Chats.Closed(c),
		CreatedAt: c.CreatedAt.UTC(), LastAt: c.LastAt.UTC(), CalledAt: c.Called.At.UTC(),
	}
}

func (o *operations) chatOperations(f *rest.Face) {
	op := func(method, path, id, summary, about string) rest.Op {
		return rest.Op{Method: method, Path: "/chats" + path, ID: id, Tag: "chats", Scope: apikey.ChatsAnswer, Summary: summary, About: about}
	}
	rest.Add(f, op(get, "", "listChats", "The last conversations with visitors, those that wait first", ""), func(ctx context.Context, _ *struct{}) (*struct{ Body rest.Page[Chat] }, error) {
		desk, err := o.Chats.Desk(ctx)
		if err != nil {
			return nil, err
		}
		out := &struct{ Body rest.Page[Chat] }{rest.Page[Chat]{Items: []Chat{}}}
		for _, c := range desk.Conversations {
			out.Body.Items = append(out.Body.Items, o.chatOf(c))
		}
		return out, nil
	})
	rest.Add(f, op(get, "/{chat}", "getChat", "A conversation with its messages", ""), func(ctx context.Context, in *ChatPath) (*ChatOutput, error) {
		return o.talk(ctx, in, func(context.Context, chat.ID) error { return nil })
	})
	rest.Add(f, op(post, "/{chat}/messages", "answerChat", "Answer a visitor", "The visitor sees it within a second."), func(ctx context.Context, in *struct {
		ChatPath
		Key  string `header:"Idempotency-Key" hidden:"true"`
		Body struct {
			By   string `json:"by" doc:"Who answers; the visitor sees it."`
			Text string `json:"text" doc:"Up to 1,000 characters."`
		}
	}) (*ChatOutput, error) {
		return o.talk(ctx, &in.ChatPath, func(ctx context.Context, id chat.ID) error {
			return o.Chats.Answer(ctx, id, in.Body.By, tokenOf(ctx, in.Key), in.Body.Text)
		})
	})
	rest.Add(f, op(post, "/{chat}/call-back", "callBackChat", "Write down that the visitor was called back", "The conversation waits no more until the visitor writes again."), func(ctx context.Context, in *struct {
		ChatPath
		Body struct {
			By   string `json:"by" doc:"Who called."`
			Note string `json:"note,omitempty" doc:"What came of it, up to 200 characters."`
		}
	}) (*ChatOutput, error) {
		return o.talk(ctx, &in.ChatPath, func(ctx context.Context, id chat.ID) error {
			return o.Chats.CallBack(ctx, id, in.Body.By, in.Body.Note)
		})
	})
	rest.Add(f, op(post, "/{chat}/close", "closeChat", "End a conversation", ""), func(ctx context.Context, in *ChatPath) (*ChatOutput, error) {
		return o.talk(ctx, in, o.Chats.Close)
	})
}

// tokenOf is the name under which a message counts once: that of the request.
func tokenOf(ctx context.Context, key string) string {
	sum := sha256.Sum256([]byte(rest.AskerOf(ctx).Key.ID.String() + " " + key))
	return hex.EncodeToString(sum[:16])
}

// talk does something to a conversation, and says how it stands then.
func (o *operations) talk(ctx context.Context, in *ChatPath, do func(context.Context, chat.ID) error) (*ChatOutput, error) {
	id, err := chat.ParseID(in.ID)
	if err != nil {
		return nil, fault.Wrap(err, fault.ChatNotFound)
	}
	if err := do(ctx, id); err != nil {
		return nil, err
	}
	c, list, err := o.Chats.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	out := o.chatOf(c)
	for _, m := range list {
		out.Messages = append(out.Messages, Said{m.At.UTC(), m.Staff, m.Text})
	}
	return &ChatOutput{out}, nil
}
