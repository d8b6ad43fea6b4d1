package notify

import (
	"slices"

	"sibai/internal/billing"
)

// Topic is kinds of notices that a customer chooses the ways of together.
type Topic string

// The topics of customers.
const (
	OfMoney     Topic = "money"
	OfOrders    Topic = "orders"
	OfDocuments Topic = "documents"
	OfNumbers   Topic = "numbers"
	OfWebhooks  Topic = "webhooks"
)

// topics are the topics in their order, with their kinds.
var topics = []struct {
	topic Topic
	kinds []billing.ItemKind
}{
	{OfMoney, []billing.ItemKind{billing.LowBalance, billing.StageChanged, billing.TermEnds}},
	{OfOrders, []billing.ItemKind{
		billing.OrderSigned, billing.OrderEnding, billing.OrderExpired, billing.OrderPaid, billing.OrderDocuments, billing.OrderAsked, billing.OrderOpened,
		billing.OrderLapsed, billing.OrderRefused, billing.OrderRefunded,
	}},
	{OfDocuments, []billing.ItemKind{billing.DocumentsAsked, billing.DocumentsExpire, billing.DocumentsExpired}},
	{OfNumbers, []billing.ItemKind{billing.NumberLost, billing.NumberFrozen}},
	{OfWebhooks, []billing.ItemKind{billing.WebhookOff}},
}

// Topics are all topics of customers, in their order.
func Topics() []Topic {
	list := make([]Topic, len(topics))
	for i, t := range topics {
		list[i] = t.topic
	}
	return list
}

// TopicOf is the topic of a kind of notice; empty for one of staff.
func TopicOf(kind billing.ItemKind) Topic {
	for _, t := range topics {
		if slices.Contains(t.kinds, kind) {
			return t.topic
		}
	}
	return ""
}

// Ways are how a customer wants to be told of a topic. The list in the pages has all
// notices; Page says whether the bell counts them.
type Ways struct{ Email, Phone, Page bool }

// AllWays are those of a customer that has chosen nothing.
var AllWays = Ways{true, true, true}

// Choices are a customer's ways by topic; AllWays for a topic that is not in it.
type Choices map[Topic]Ways

// Ways are those of a topic.
func (c Choices) Ways(t Topic) Ways {
	if w, ok := c[t]; ok {
		return w
	}
	return AllWays
}

// Of are the ways of a kind of notice.
func (c Choices) Of(kind billing.ItemKind) Ways { return c.Ways(TopicOf(kind)) }
