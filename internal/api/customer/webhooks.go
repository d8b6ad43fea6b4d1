package customer

import (
	"context"
	"time"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/catalog"
	"sibai/internal/webhook"
)

// Hooks manages what a customer's programs are told; webhook.Service implements it.
type Hooks interface {
	Endpoints(ctx context.Context, c catalog.Customer) ([]webhook.Endpoint, error)
	Endpoint(ctx context.Context, c catalog.Customer, id webhook.ID) (webhook.Endpoint, []webhook.Delivery, error)
	Add(ctx context.Context, c catalog.Customer, address string, types []webhook.Type) (webhook.Endpoint, error)
	Remove(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Rotate(ctx context.Context, c catalog.Customer, id webhook.ID) (webhook.Endpoint, error)
	SwitchOn(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Ping(ctx context.Context, c catalog.Customer, id webhook.ID) error
	Replay(ctx context.Context, c catalog.Customer, id webhook.ID, event string) error
}

// Webhook is an address that is told of events.
type Webhook struct {
	ID           string    `json:"id" example:"whk_0ARZ3NDEKTSV4"`
	URL          string    `json:"url"`
	Types        []string  `json:"types"`
	CreatedAt    time.Time `json:"created_at"`
	FailingSince time.Time `json:"failing_since,omitzero" doc:"Since when nothing was taken."`
	OffAt        time.Time `json:"off_at,omitzero" doc:"When it was switched off."`
	Secret       string    `json:"secret,omitempty" doc:"Only in the answer that makes it."`
}

// Delivery is one event for an address.
type Delivery struct {
	Event    string    `json:"event" doc:"Its webhook-id."`
	Type     string    `json:"type"`
	At       time.Time `json:"at" doc:"When it happened."`
	State    string    `json:"state" enum:"queued,done,failed"`
	Attempts int       `json:"attempts"`
	NextAt   time.Time `json:"next_at,omitzero" doc:"While queued: not tried before."`
	Status   int       `json:"status" doc:"Of the last answer; 0: none came."`
	Answer   string    `json:"answer,omitempty" doc:"The beginning of it, or why none came."`
}

func hookOf(e webhook.Endpoint) Webhook {
	out := Webhook{ID: e.ID.String(), URL: e.URL, Types: []string{}, CreatedAt: e.CreatedAt.UTC(), FailingSince: e.FailingAt.UTC(), OffAt: e.OffAt.UTC()}
	for _, t := range e.Types {
		out.Types = append(out.Types, string(t))
	}
	return out
}

// HookPath names a webhook.
type HookPath struct {
	ID string `path:"webhook" maxLength:"40" doc:"The webhook's id."`
}

// HookOutput is the answer about a webhook.
type HookOutput struct{ Body Webhook }

func (o *operations) hookOperations(f *rest.Face) {
	op := func(method, path, id, summary string) rest.Op {
		return rest.Op{Method: method, Path: "/webhooks" + path, ID: id, Tag: "webhooks", Scope: apikey.HooksWrite, Summary: summary}
	}
	rest.Add(f, op(get, "", "listWebhooks", "The addresses that are told"), func(ctx context.Context, _ *struct{}) (*struct {
		Body struct {
			Items []Webhook `json:"items"`
		}
	}, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		list, err := o.Hooks.Endpoints(ctx, a.customer)
		if err != nil {
			return nil, err
		}
		out := &struct {
			Body struct {
				Items []Webhook `json:"items"`
			}
		}{}
		out.Body.Items = []Webhook{}
		for _, e := range list {
			out.Body.Items = append(out.Body.Items, hookOf(e))
		}
		return out, nil
	})
	adding := op(post, "", "addWebhook", "Have an address told")
	adding.Status = 201
	rest.Add(f, adding, func(ctx context.Context, in *struct {
		Body struct {
			URL   string   `json:"url" doc:"https, on the internet." example:"https://crm.example.com/sibai"`
			Types []string `json:"types" doc:"call.ended, order.changed, payment.received, notice.created, realname.changed."`
		}
	}) (*HookOutput, error) {
		a, err := o.who(ctx)
		if err != nil {
			return nil, err
		}
		types := make([]webhook.Type, len(in.Body.Types))
		for i, t := range in.Body.Types {
			types[i] = webhook.Type(t)
		}
		e, err := o.Hooks.Add(ctx, a.customer, in.Body.URL, types)
		if err != nil {
			return nil, err
		}
		out := hookOf(e)
		out.Secret = e.Secret
		return &HookOutput{out}, o.note(ctx, a, "webhook_added", out.ID, e.URL)
	})
	rest.Add(f, op(get, "/{webhook}/deliveries", "listDeliveries", "What became of the last hundred events"), o.deliveries)
	rest.Add(f, op(del, "/{webhook}", "removeWebhook", "Tell an address nothing more"), o.hook("remove", func(ctx context.Context, c catalog.Customer, id webhook.ID) error { return o.Hooks.Remove(ctx, c, id) }))
	rest.Add(f, op(post, "/{webhook}/ping", "pingWebhook", "Have an address told of nothing but that it is asked"), o.hook("ping", func(ctx context.Context, c catalog.Customer, id webhook.ID) error { return o.Hooks.Ping(ctx, c, id) }))
	rest.Add(f, op(post, "/{webhook}/on", "switchWebhookOn", "Have an address told again that was switched off"), o.hook("on", func(ctx context.Context, c catalog.Customer, id webhook.ID) error {
		return o.Hooks.SwitchOn(ctx, c, id)
	}))
	rest.Add(f, op(post, "/{webhook}/secret", "rotateWebhook", "Change the secret"), func(ctx context.Context, in *HookPath) (*HookOutput, error) {
		a, id, err := o.hookID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		e, err := o.Hooks.Rotate(ctx, a.customer, id)
		if err != nil {
			return nil, err
		}
		out := hookOf(e)
		out.Secret = e.Secret
		return &HookOutput{out}, o.note(ctx, a, "webhook_rotated", out.ID, "")
	})
	rest.Add(f, op(post, "/{webhook}/deliveries/{event}/replay", "replayDelivery", "Have an event sent again"), func(ctx context.Context, in *struct {
		HookPath
		Event string `path:"event" maxLength:"80" doc:"Its webhook-id."`
	}) (*Nothing, error) {
		a, id, err := o.hookID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if err := o.Hooks.Replay(ctx, a.customer, id, in.Event); err != nil {
			return nil, err
		}
		return nil, o.note(ctx, a, "webhook_replay", id.String(), in.Event)
	})
}

func (o *operations) hookID(ctx context.Context, text string) (asking, webhook.ID, error) {
	a, err := o.who(ctx)
	if err != nil {
		return a, 0, err
	}
	id, err := webhook.ParseID(text)
	return a, id, err
}

// hook is an operation that changes a webhook and says no more.
func (o *operations) hook(what string, do func(context.Context, catalog.Customer, webhook.ID) error) func(context.Context, *HookPath) (*Nothing, error) {
	return func(ctx context.Context, in *HookPath) (*Nothing, error) {
		a, id, err := o.hookID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if err := do(ctx, a.customer, id); err != nil {
			return nil, err
		}
		return nil, o.note(ctx, a, "webhook_"+what, id.String(), "")
	}
}

func (o *operations) deliveries(ctx context.Context, in *HookPath) (*struct {
	Body struct {
		Items []Delivery `json:"items"`
	}
}, error) {
	a, id, err := o.hookID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, list, err := o.Hooks.Endpoint(ctx, a.customer, id)
	if err != nil {
		return nil, err
	}
	out := &struct {
		Body struct {
			Items []Delivery `json:"items"`
		}
	}{}
	out.Body.Items = []Delivery{}
	for _, d := range list {
		to := Delivery{Event: d.Event, Type: string(d.Type), At: d.At.UTC(), State: string(d.State), Attempts: d.Attempts, Status: d.Status, Answer: d.Answer}
		if d.State == webhook.Queued {
			to.NextAt = d.NextAt.UTC()
		}
		out.Body.Items = append(out.Body.Items, to)
	}
	return out, nil
}
