package explain_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/explain"
	"sibai/internal/id"
	"sibai/internal/ledger"
	"sibai/internal/store/storetest"
)

// A call that runs is found by its id alone, and said in both languages as far
// as it is proven.
func TestRunning(t *testing.T) {
	t.Parallel()
	store := storetest.NewMemory()
	ids, err := id.NewGenerator(3, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := charging.New(store, charging.Config{Node: 3, Now: func() time.Time { return storetest.Start }}, ids, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Stop()
	if _, err := s.OpenAccount(t.Context(), 7, 1); err != nil {
		t.Fatal(err)
	}
	top := charging.TopUp{Shard: 7, Account: 1, Bucket: charging.Cash, Amount: 100_000, Channel: "bank", Reference: "1", At: storetest.Start}
	if _, err := s.TopUp(t.Context(), top); err != nil {
		t.Fatal(err)
	}
	granted := make(chan error, 1)
	s.Reserve(charging.ReserveRequest{
		Call: 1, Bill: charging.Bill{Shard: 7, Account: 1, Subscription: 1, Tariff: storetest.Minute}, At: storetest.Start,
		Draft: cdr.Record{Call: 1, Number: "4008266688", Caller: "13712342286", StartedAt: storetest.Start},
	}, func(_ charging.Answer, err error) { granted <- err })
	if err := <-granted; err != nil {
		t.Fatal(err)
	}
	if h, err := charging.Find(t.Context(), store, 2); h != nil || err != nil {
		t.Errorf("a call that is none: %v, %v", h, err)
	}
	h, err := charging.Find(t.Context(), store, 1)
	if err != nil || h == nil {
		t.Fatalf("%v, %v", h, err)
	}
	v, err := store.Account(t.Context(), charging.AccountKey{Shard: 7, ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	says := func(h charging.Hold, at time.Time, zh, en string) {
		t.Helper()
		for lang, want := range map[explain.Lang]string{explain.ZH: zh, explain.EN: en} {
			if got := explain.Running(&h, v, at, lang); !strings.Contains(got, want) {
				t.Errorf("%s\nlacks %q", got, want)
			}
		}
	}
	now := storetest.Start
	says(*h, now, "来电 137****2286 → 400-826-6688", "from 137****2286 to 400-826-6688 came in at 2026-03-02 17:00:00 and has not ended")
	says(*h, now, "没有开始计费", "the meter has not started")
	says(*h, now, "已预占到第 60 秒（¥0.10）", "Reserved up to second 60 (¥0.10)")
	says(*h, now, "除非充值", "unless the account is topped up")
	says(*h, now, "由节点 3 承载", "Node 3 carries it")
	says(*h, now.Add(time.Hour), "可能已失联", "may be lost")
	talking := *h
	talking.MeterStartedAt, talking.Elapsed = now.Add(5*time.Second), 12*time.Second
	says(talking, now, "已证实通话到计费第 12 秒", "The meter started at 2026-03-02 17:00:05; 12 billable seconds are proven")
	v.Buckets[0].Unit = ledger.SEC
	talking.Parts = []charging.Part{{Bucket: v.Buckets[0].ID, Amount: 60}}
	says(talking, now, "套餐时长 60 秒", "60 s of included time")
	talking.Node = charging.Elsewhere
	says(talking, now.Add(time.Hour), "由其他交换机承载", "Another switch carries it")
}
