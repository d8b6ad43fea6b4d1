package app_test

import (
	"testing"
	"time"

	"sibai/internal/app"
	"sibai/internal/notify"
	"sibai/test/smtpsink"
)

// TestMailFromNode: what was noted while no mail server was set is sent by the
// first node that has one, once.
func TestMailFromNode(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.Billing.Every = 0
	if _, err := app.Apply(t.Context(), cfg, "site.yaml", []byte(paySite), false, quiet); err != nil {
		t.Fatal(err)
	}
	for _, o := range []app.Order{
		{Do: app.DoContact, Contact: notify.Contact{Customer: "c", Email: "boss@tea.example", Lang: "zh"}},
		{Do: app.DoBill}, {Do: app.DoBill}, // low, then suspended
	} {
		if _, err := app.Operate(t.Context(), cfg, o, quiet); err != nil {
			t.Fatal(err)
		}
	}
	queued, err := app.Outbox(t.Context(), cfg, notify.Filter{State: notify.Queued})
	if err != nil || len(queued) == 0 {
		t.Fatalf("%+v %v", queued, err)
	}
	sink := smtpsink.Start(t)
	cfg.Mail.Host, cfg.Mail.Port, cfg.Mail.Security, cfg.Mail.From = sink.Host, sink.Port, "none", "notice@400.example"
	node, err := app.Start(t.Context(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for range queued {
		select {
		case m := <-sink.Mails():
			if m.To != "boss@tea.example" {
				t.Errorf("to %q", m.To)
			}
		case <-deadline:
			t.Fatal("no mail came")
		}
	}
	// A stop waits for what is being sent, so all is settled then, and the next
	// node has nothing left.
	if err := node.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if waiting, err := app.Outbox(t.Context(), cfg, notify.Filter{State: notify.Queued}); err != nil || len(waiting) != 0 {
		t.Errorf("%+v %v", waiting, err)
	}
	if m, err := app.OutboxMessage(t.Context(), cfg, queued[0].ID); err != nil || m.State != notify.Sent || m.Attempts != 1 {
		t.Errorf("%+v %v", m, err)
	}
}
