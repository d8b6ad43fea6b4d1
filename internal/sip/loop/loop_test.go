package loop_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sibai/internal/sip/loop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func nothing() {}

func TestPostKeepsOrder(t *testing.T) {
	t.Parallel()
	l := loop.New(nothing, func(any) {})
	var got []int
	for i := range 1000 {
		l.Post(func() { got = append(got, i) })
	}
	l.Close()
	if len(got) != 1000 || !slices.IsSorted(got) {
		t.Fatalf("%d functions ran, sorted %v", len(got), slices.IsSorted(got))
	}
}

func TestTimersRunInOrderOfTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(nothing, func(any) {})
		r := rand.New(rand.NewPCG(1, 2))
		var fired []time.Duration
		var want []time.Duration
		start := time.Now()
		l.Post(func() {
			for i := range 500 {
				d := time.Duration(r.IntN(10_000)) * time.Millisecond
				timer := new(loop.Timer)
				l.Set(timer, d, func() { fired = append(fired, time.Since(start)) })
				switch i % 5 {
				case 0:
					l.Stop(timer)
					l.Stop(timer) // twice is safe
				case 1:
					d += time.Second
					l.Set(timer, d, func() { fired = append(fired, time.Since(start)) })
					want = append(want, d)
				default:
					want = append(want, d)
				}
			}
		})
		time.Sleep(time.Minute)
		l.Close()
		slices.Sort(want)
		if !slices.Equal(fired, want) {
			t.Fatalf("%d timers fired, want %d in order", len(fired), len(want))
		}
	})
}

func TestPanicIsToldAndTheLoopGoesOn(t *testing.T) {
	t.Parallel()
	var told any
	before, ran := 0, false
	l := loop.New(func() { before++ }, func(v any) { told = v })
	l.Post(func() { panic("ouch") })
	l.Post(func() { ran = true })
	l.Close()
	if told != "ouch" || !ran || before != 2 {
		t.Fatalf("told %v, ran %v, before %d", told, ran, before)
	}
}

func TestPostAfterCloseStillRunsOneAtATime(t *testing.T) {
	t.Parallel()
	l := loop.New(nothing, func(any) {})
	l.Close()
	l.Close()
	n := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				l.Post(func() { l.Post(func() { n++ }) })
			}
		})
	}
	wg.Wait()
	done := make(chan struct{})
	l.Post(func() { close(done) })
	<-done
	if n != 800 {
		t.Fatalf("%d of 800 ran", n)
	}
}
