package bench

import (
	"fmt"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
)

// inProcess makes one call of 75 seconds: two started minutes.
func (t *timings) inProcess(s *charging.Service, key cdr.ID, customer int64) error {
	began := time.Now()
	bill := charging.Bill{
		Shard: charging.ShardOf(customer), Account: charging.AccountID(customer), Subscription: charging.SubscriptionID(customer),
		Tariff: minute, MinGrant: time.Minute,
	}
	rec := cdr.Record{
		Call: key, Node: 1, Trunk: "bench", Number: "4008000000", Caller: "13800138000", CallerRaw: "+8613800138000",
		SIPCallID: key.String(), Customer: customer, Account: customer, Subscription: customer, TariffID: int64(minute.ID), StartedAt: began,
	}
	done := make(chan error, 1)
	answered := func(a charging.Answer, err error) {
		if err == nil && a.Refused != "" {
			err = fmt.Errorf("%s was refused: %s", key, a.Refused)
		}
		done <- err
	}
	s.Reserve(charging.ReserveRequest{Call: key, Bill: bill, At: began, Draft: rec}, answered)
	if err := <-done; err != nil {
		return err
	}
	t.reserve = append(t.reserve, milliseconds(time.Since(began)))
	s.Extend(charging.ExtendRequest{Call: key, Bill: bill, Sequence: 1, Elapsed: 50 * time.Second, At: began.Add(50 * time.Second)}, answered)
	if err := <-done; err != nil {
		return err
	}
	rec.AnsweredAt, rec.EndedAt = began, began.Add(75*time.Second)
	rec.Talk, rec.Billable, rec.Cause, rec.Status, rec.EndedBy = 75*time.Second, 75*time.Second, cdr.Answered, 200, cdr.Caller
	rec.Legs = []cdr.Leg{{Target: "13900139000", Trunk: "bench", InvitedAt: began, AnsweredAt: began, EndedAt: rec.EndedAt, Status: 200, Outcome: "answered"}}
	s.Settle(charging.SettleRequest{Bill: bill, Record: rec}, func(got cdr.Record, err error) {
		if err == nil && got.Charge != 200_000 { // 2 started minutes at ¥0.10
			err = fmt.Errorf("%s was charged %s, must be ¥0.20", key, got.Charge.Format())
		}
		done <- err
	})
	if err := <-done; err != nil {
		return err
	}
	t.call = append(t.call, milliseconds(time.Since(began)))
	return nil
}
