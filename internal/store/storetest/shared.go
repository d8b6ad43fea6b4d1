package storetest

import (
	"log/slog"
	"sync"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/id"
	"sibai/internal/money"
)

// sharedAccount lets 60 calls run at once on 10 yuan that pay for 100 minutes
// between them, each talking as long as it is granted. Nothing may be spent
// twice, and nothing that a call could have used may be left.
func sharedAccount(k *till) {
	const calls = 60
	k.open(1)
	k.topUp(1, charging.Cash, 7*money.Yuan, time.Time{})
	k.topUp(1, charging.Bonus, 3*money.Yuan+50_000, time.Time{}) // 0.05 that no minute fits in
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		k.Fatal(err)
	}
	s := charging.New(k.store, charging.Config{Node: 1}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Stop()

	var mu sync.Mutex
	var spent money.Amount
	served := 0
	var wg, reserved sync.WaitGroup
	reserved.Add(calls)
	for i := range calls {
		wg.Go(func() {
			rec, ok := talkToTheEnd(k, s, cdr.ID(1000+i), bill(1, Minute), &reserved)
			mu.Lock()
			defer mu.Unlock()
			spent += rec.Charge
			if ok {
				served++
			}
		})
	}
	wg.Wait()
	if spent != 10*money.Yuan {
		k.Errorf("%d calls spent %s of 10.05, want 10.00", served, spent)
	}
	if served != calls {
		k.Errorf("%d of %d calls were served; 100 minutes are one for each", served, calls)
	}
	k.audit()
}

// talkToTheEnd runs a call until its last grant is used up. It goes on from its
// reservation once all the others have theirs.
func talkToTheEnd(k *till, s *charging.Service, call cdr.ID, b charging.Bill, all *sync.WaitGroup) (cdr.Record, bool) {
	type result struct {
		charging.Answer
		error
	}
	answers := make(chan result, 1)
	answer := func(a charging.Answer, err error) { answers <- result{a, err} }
	s.Reserve(charging.ReserveRequest{Call: call, Bill: b, At: Start, Draft: draft(call, Start)}, answer)
	a := <-answers
	all.Done()
	all.Wait()
	if a.error != nil {
		k.Errorf("reserve: %v", a.error)
		return cdr.Record{}, false
	}
	if a.Refused != "" {
		return cdr.Record{}, false
	}
	granted := a.Granted
	for n := 1; ; n++ {
		s.Extend(charging.ExtendRequest{Call: call, Bill: b, Sequence: n, Elapsed: granted, At: Start.Add(granted)}, answer)
		a = <-answers
		if a.error != nil {
			k.Errorf("extend: %v", a.error)
			break
		}
		if a.Granted == granted {
			break
		}
		granted = a.Granted
	}
	op := k.ended(call, Start, granted)
	records := make(chan cdr.Record, 1)
	s.Settle(charging.SettleRequest{Bill: b, Record: op}, func(rec cdr.Record, err error) {
		if err != nil {
			k.Errorf("settle: %v", err)
		}
		records <- rec
	})
	rec := <-records
	if rec.Billable != granted {
		k.Errorf("%s talked %s of %s", call, rec.Billable, granted)
	}
	return rec, true
}
