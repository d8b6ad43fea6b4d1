package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"
)

// timings are those of one caller, in milliseconds.
type timings struct{ reserve, call []float64 }

// drive has callers make one call after the other for a time, each with dice of
// its own, and puts what was measured into row.
func drive(ctx context.Context, callers int, long time.Duration, row *ChargingRow, call func(*timings, *rand.Rand) error) error {
	before := cpuTime()
	began := time.Now()
	end := began.Add(long)
	times := make([]timings, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 400))
			for time.Now().Before(end) && ctx.Err() == nil && errs[i] == nil {
				errs[i] = call(&times[i], dice)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	cpu := cpuTime() - before
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return err
	}
	var all timings
	for _, t := range times {
		all.reserve, all.call = append(all.reserve, t.reserve...), append(all.call, t.call...)
	}
	row.Calls = len(all.call)
	if row.Calls == 0 {
		return errors.New("no call was completed: measure longer")
	}
	row.CallsPerS = float64(row.Calls) / took.Seconds()
	row.ReserveP50, row.ReserveP99 = percentile(all.reserve, 50), percentile(all.reserve, 99)
	row.CallP99 = percentile(all.call, 99)
	row.CPUPer1000 = cpu.Seconds() * 1000 / float64(row.Calls)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func percentile(values []float64, p int) float64 {
	slices.Sort(values)
	return values[min(len(values)-1, len(values)*p/100)]
}

// cpuTime is what this process has taken, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
