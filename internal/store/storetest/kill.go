package storetest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/money"
)

// hammerWorkers is how many calls Hammer has at once, on hammerAccounts.
const (
	hammerWorkers  = 16
	hammerAccounts = 4
	hammerNode     = 7
)

// Hammer charges calls on a store until the process is killed. Each
// acknowledgement is one line on acks, written in one piece after it came:
// "reserve CALL GRANTED", "extend CALL GRANTED", "settle CALL CHARGE",
// "topup CALL TXN".
func Hammer(store charging.Store, acks io.Writer) error {
	ids, err := id.NewGenerator(hammerNode, nil)
	if err != nil {
		return err
	}
	s := charging.New(store, charging.Config{Node: hammerNode}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	for account := range charging.AccountID(hammerAccounts) {
		if _, err := s.OpenAccount(context.Background(), shard, account+1); err != nil {
			return err
		}
	}
	failed := make(chan error)
	for w := range hammerWorkers {
		go func() {
			for n := 0; ; n++ {
				if err := hammerCall(s, cdr.ID(w*1_000_000+n+1), acks); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// What Hammer does for a call follows from its id, so that it can be done
// again from the acknowledgement alone.

func hammerBill(call cdr.ID) charging.Bill {
	return bill(charging.AccountID(call%hammerAccounts+1), Minute)
}

func hammerTopUp(call cdr.ID) charging.TopUp {
	return charging.TopUp{
		Shard: shard, Account: hammerBill(call).Account, Bucket: charging.Cash, Amount: 250_000 + money.Amount(call%5),
		Channel: "bank", Reference: call.String(), At: Start,
	}
}

func hammerReserve(call cdr.ID) charging.ReserveRequest {
	return charging.ReserveRequest{Call: call, Bill: hammerBill(call), At: Start, Draft: draft(call, Start)}
}

func hammerExtend(call cdr.ID) charging.ExtendRequest {
	return charging.ExtendRequest{Call: call, Bill: hammerBill(call), Sequence: 1, Elapsed: 50 * time.Second, At: Start}
}

func hammerSettle(call cdr.ID) charging.SettleRequest {
	long := time.Duration(call%97) * time.Second
	if call%11 == 0 {
		long = -1
	}
	return charging.SettleRequest{Bill: hammerBill(call), Record: (*till)(nil).ended(call, Start, long)}
}

func hammerCall(s *charging.Service, call cdr.ID, acks io.Writer) error {
	done := make(chan error, 1)
	ack := func(what string, value any) {
		_, err := fmt.Fprintf(acks, "%s %d %v\n", what, int64(call), value)
		done <- err
	}
	answer := func(what string) func(charging.Answer, error) {
		return func(a charging.Answer, err error) {
			if err == nil && a.Refused == "" {
				ack(what, a.Granted)
				return
			}
			done <- err
		}
	}
	credit, err := s.TopUp(context.Background(), hammerTopUp(call))
	if err != nil {
		return err
	}
	ack("topup", int64(credit.Txn))
	if err := <-done; err != nil {
		return err
	}
	s.Reserve(hammerReserve(call), answer("reserve"))
	if err := <-done; err != nil {
		return err
	}
	s.Extend(hammerExtend(call), answer("extend"))
	if err := <-done; err != nil {
		return err
	}
	s.Settle(hammerSettle(call), func(rec cdr.Record, err error) {
		if err != nil {
			done <- err
			return
		}
		ack("settle", rec.Charge)
	})
	return <-done
}

// Acknowledged checks a store on which Hammer was killed: nothing that was
// acknowledged is missing, every promise is kept, and everything done again is
// answered as before and changes nothing. Then the calls that were running are
// settled as a new start of the node does. It returns the number of
// acknowledgements.
func Acknowledged(t testing.TB, store charging.Store, acks []byte) int {
	t.Helper()
	Audited(t, store)
	before := Dump(t, store)
	k := &till{TB: t, store: store, ids: 1 << 61}
	n := 0
	lines := bufio.NewScanner(bytes.NewReader(acks))
	for ; lines.Scan(); n++ {
		var what, value, got string
		var call cdr.ID
		if _, err := fmt.Sscan(lines.Text(), &what, &call, &value); err != nil {
			t.Fatalf("acknowledgement %q: %v", lines.Text(), err)
		}
		switch what {
		case "topup":
			op := &charging.TopUpOp{TopUp: hammerTopUp(call), Txn: ledger.ID(k.id()), Bucket: k.id()}
			k.commit(op)
			got = fmt.Sprint(int64(op.Booked))
		case "reserve":
			op := &charging.ReserveOp{Request: hammerReserve(call), Node: hammerNode}
			k.commit(op)
			got = fmt.Sprint(op.Answer.Granted)
		case "extend":
			op := &charging.ExtendOp{Request: hammerExtend(call)}
			k.commit(op)
			got = fmt.Sprint(op.Answer.Granted)
		case "settle":
			op := &charging.SettleOp{Request: hammerSettle(call), Txn: ledger.ID(k.id())}
			k.commit(op)
			got = fmt.Sprint(op.Record.Charge)
		default:
			t.Fatalf("acknowledgement %q", lines.Text())
		}
		if got != value {
			t.Errorf("%s was acknowledged; now it is answered %s", lines.Text(), got)
		}
	}
	if after := Dump(t, store); !slices.Equal(before, after) {
		t.Errorf("sent again, %d operations changed rows: %d before, %d after", n, len(before), len(after))
	}
	settleRunning(t, store)
	report := Audited(t, store)
	for _, c := range report.Checks {
		if c.Name == "I2" && c.Rows == 0 {
			t.Error("the audit looked at no bucket")
		}
	}
	return n
}

func settleRunning(t testing.TB, store charging.Store) {
	t.Helper()
	ids, err := id.NewGenerator(hammerNode, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(store, charging.Config{Node: hammerNode}, ids, nil)
	s.Start()
	defer s.Stop()
	if _, err := s.ReapNode(context.Background(), hammerNode); err != nil {
		t.Fatal(err)
	}
	held, err := store.Lost(context.Background(), time.Now().Add(24*time.Hour), hammerNode, 1)
	if err != nil || len(held) != 0 {
		t.Errorf("still held after the node's new start: %d, %v", len(held), err)
	}
}
