package bell

import (
	"sibai/internal/billing"
	"sibai/internal/identity"
)

// about is what a kind of notice needs of its reader, and where it leads. In a path #
// stands for the number.
type about struct {
	needs identity.Permission
	path  string
}

// kinds are the kinds that members, and those that staff may read.
var (
	ofMembers = map[billing.ItemKind]about{
		billing.LowBalance:       {identity.SeeMoney, "/console/money"},
		billing.StageChanged:     {identity.SeeConsole, "/console"},
		billing.NumberLost:       {identity.SeeConsole, "/console/numbers"},
		billing.DocumentsAsked:   {identity.SeeConsole, "/console/orders"},
		billing.DocumentsExpire:  {identity.SeeConsole, "/console/numbers/#"},
		billing.DocumentsExpired: {identity.SeeConsole, "/console/numbers/#"},
		billing.NumberFrozen:     {identity.SeeConsole, "/console/numbers/#"},
		billing.OrderSigned:      {identity.SeeConsole, "/console/orders"},
		billing.OrderEnding:      {identity.SeeConsole, "/console/orders"},
		billing.OrderExpired:     {identity.SeeConsole, "/console/orders"},
		billing.OrderPaid:        {identity.SeeConsole, "/console/orders"},
		billing.OrderDocuments:   {identity.SeeConsole, "/console/orders"},
		billing.OrderAsked:       {identity.SeeConsole, "/console/orders"},
		billing.OrderOpened:      {identity.SeeConsole, "/console/numbers/#"},
		billing.OrderLapsed:      {identity.SeeConsole, "/console/orders"},
		billing.OrderRefused:     {identity.SeeConsole, "/console/orders"},
		billing.OrderRefunded:    {identity.SeeMoney, "/console/orders"},
		billing.TermEnds:         {identity.SeeMoney, "/console/money"},
		billing.WebhookOff:       {identity.ManageHooks, "/console/webhooks"},
	}
	ofStaff = map[billing.ItemKind]about{
		billing.ReviewLate:   {identity.SeePersonal, "/office/reviews"},
		billing.PaymentOff:   {identity.MoveMoney, "/office/payments"},
		billing.BillDiffers:  {identity.MoveMoney, "/office/bills"},
		billing.ChannelFails: {identity.MendMessages, "/office/messages"},
	}
)
