package loop

import "time"

// Timer runs a function on its loop once its time has come. The zero Timer is
// ready to be set. It is only touched on the loop.
type Timer struct {
	at time.Time
	f  func()
	i  int // place in the heap, from 1; 0 while not set
}

// Set makes t run f once d has passed, instead of what it was set to before.
func (l *Loop) Set(t *Timer, d time.Duration, f func()) {
	l.Stop(t)
	t.at, t.f = time.Now().Add(d), f
	l.timers.push(t)
}

// Stop makes t forget what it was set to.
func (l *Loop) Stop(t *Timer) {
	if t.i > 0 {
		l.timers.remove(t.i - 1)
	}
}

// heap is a binary heap of timers, the earliest first.
type heap []*Timer

func (h heap) next() (time.Time, bool) {
	if len(h) == 0 {
		return time.Time{}, false
	}
	return h[0].at, true
}

func (h *heap) push(t *Timer) {
	*h = append(*h, t)
	t.i = len(*h)
	h.up(len(*h) - 1)
}

func (h *heap) pop() func() {
	f := (*h)[0].f
	h.remove(0)
	return f
}

func (h *heap) remove(i int) {
	old := *h
	last := len(old) - 1
	t := old[i]
	if i != last {
		old.swap(i, last)
	}
	old[last] = nil
	*h = old[:last]
	if i != last {
		if !h.down(i) {
			h.up(i)
		}
	}
	t.i, t.f = 0, nil
}

func (h heap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].i, h[j].i = i+1, j+1
}

func (h heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h[i].at.Before(h[parent].at) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h heap) down(i int) (moved bool) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].at.Before(h[least].at) {
				least = child
			}
		}
		if least == i {
			return moved
		}
		h.swap(i, least)
		i, moved = least, true
	}
}
