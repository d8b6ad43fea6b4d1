package portable_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/identity"
	"sibai/internal/routing"
	"sibai/internal/store/portable"
	"sibai/internal/target"
)

var _ target.Store = (*portable.Store)(nil)

// binder changes phones over the world's store.
type binder struct {
	*target.Service
	postman
	t   *testing.T
	w   *world
	tea catalog.Customer
}

// postman keeps the codes that are sent, and knows what documents were approved.
type postman struct {
	sent     []target.Code
	fails    error
	approved []string
}

type coder struct{ *postman }

func (coder) Reaches(string) bool { return true }

func (p coder) SendCode(_ context.Context, c target.Code) error {
	p.sent = append(p.sent, c)
	return p.fails
}

func (p coder) Approved(context.Context, catalog.Customer) ([]string, error) {
	return p.approved, nil
}

func newBinder(t *testing.T, w *world) *binder {
	t.Helper()
	w.apply(t, example(t))
	b := &binder{t: t, w: w}
	var ids atomic.Int64
	ids.Store(1 << 50)
	b.Service = target.New(target.Parts{
		Store: w.store, Sender: coder{&b.postman}, Documents: coder{&b.postman}, NewID: func() int64 { return ids.Add(1) }, Trunk: "carrier",
		Now: func() time.Time {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.now
		},
	})
	b.tea = b.customer("hangzhou-tea")
	return b
}

func (b *binder) customer(code string) catalog.Customer {
	b.t.Helper()
	c, ok, err := b.w.store.Find(b.t.Context(), code)
	if err != nil || !ok {
		b.t.Fatal(code, ok, err)
	}
	return c
}

func (b *binder) sheet() target.Sheet {
	b.t.Helper()
	s, ok, err := b.w.store.Targets(b.t.Context(), b.tea, teaNumber)
	if err != nil || !ok {
		b.t.Fatal(ok, err)
	}
	return s
}

// act is a member of the tea house, with the page in front of it.
func (b *binder) act(role identity.Role) target.Act {
	return target.Act{
		By:     identity.Actor{Person: identity.Person{ID: 7, Name: "赵倩"}, Role: role, Customer: b.tea},
		Number: teaNumber, Version: b.sheet().Profile.Version, Address: "192.0.2.7",
	}
}

// rings is what the next call to a number would ring, by the directory's snapshot.
func (b *binder) rings() string {
	b.t.Helper()
	snap, err := b.w.store.Load(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var list []string
	for _, t := range snap.Lines[teaNumber].Profile.Targets {
		list = append(list, t.Phone)
	}
	return strings.Join(list, " ")
}

func (b *binder) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *binder) refused(err error, want fault.Code) {
	b.t.Helper()
	if fault.CodeOf(err) != want {
		b.t.Fatalf("%v, want %s", err, want)
	}
}

const (
	teaOffice = "057188886666"
	teaMobile = "13800138000"
)

// A member orders the phones, adds one, proves it by its code, takes one away, and
// brings an earlier version back. What the next call rings follows each step.
func TestTargets(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := newBinder(t, w)
		ctx := t.Context()
		if got := b.rings(); got != teaOffice+" "+teaMobile {
			t.Fatal(got)
		}
		was, err := w.store.Revision(ctx)
		b.must(err)
		b.must(b.Move(ctx, b.act(identity.Routing), target.Main, teaMobile, true))
		if now, err := w.store.Revision(ctx); err != nil || now <= was {
			t.Errorf("other nodes do not learn of it: revision %d after %d, %v", now, was, err)
		}
		if got := b.rings(); got != teaMobile+" "+teaOffice {
			t.Fatal(got)
		}
		before := b.sheet()
		b.must(b.Move(ctx, b.act(identity.Routing), target.Main, teaMobile, true)) // the first already
		if after := b.sheet(); after.Profile.Version != before.Profile.Version {
			t.Error("a version was published though nothing changed")
		}

		b.must(b.Add(ctx, b.act(identity.Owner), target.NewPhone{Phone: "+86 137 1111 2222", Owner: target.OfStaff}))
		if got := b.rings(); strings.Contains(got, "13711112222") {
			t.Error("a phone rings that nobody proved:", got)
		}
		b.refused(b.Prove(ctx, b.act(identity.Owner), "13711112222", "000000"), fault.CodeOver)
		b.must(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"))
		b.refused(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"), fault.CodeTooSoon)
		if len(b.sent) != 1 || b.sent[0].Mobile != "13711112222" || b.sent[0].Number != teaNumber {
			t.Fatalf("sent %+v", b.sent)
		}
		wrong := "000000"
		if b.sent[0].Code == wrong {
			wrong = "000001"
		}
		b.refused(b.Prove(ctx, b.act(identity.Owner), "13711112222", wrong), fault.CodeWrong)
		b.must(b.Prove(ctx, b.act(identity.Owner), "13711112222", " "+b.sent[0].Code+" "))
		if got := b.rings(); got != teaMobile+" "+teaOffice+" 13711112222" {
			t.Error(got)
		}
		b.must(b.Remove(ctx, b.act(identity.Owner), target.Main, teaOffice, false))
		b.must(b.Remove(ctx, b.act(identity.Owner), target.Main, "13711112222", false))
		b.refused(b.Remove(ctx, b.act(identity.Owner), target.Main, teaMobile, false), fault.TargetLast)
		if got := b.rings(); got != teaMobile {
			t.Error(got)
		}
		b.must(b.Restore(ctx, b.act(identity.Owner), before.Profile.Version))
		if got := b.rings(); got != teaMobile+" "+teaOffice {
			t.Error("restored:", got)
		}
		b.must(b.Ring(ctx, b.act(identity.Owner), target.Ringing{Distribution: routing.Simultaneous, For: 40 * time.Second}))
		now := b.sheet()
		if now.Profile.Distribution != routing.Simultaneous || now.Profile.RingTimeout != 40*time.Second || len(now.Profile.OnNoAnswer) != 1 {
			t.Errorf("%+v", now.Profile)
		}
		if len(now.Versions) < 6 || now.Versions[0].Who != "赵倩" || now.Versions[len(now.Versions)-1].Who != "" {
			t.Errorf("%+v", now.Versions)
		}
		traces, err := w.store.Traces(ctx, identity.TraceFilter{Customer: b.tea.ID, Action: "targets_ordered"})
		if err != nil || len(traces) != 1 || traces[0].Who != "赵倩" || traces[0].Subject != "400-123-4567" ||
			!strings.Contains(traces[0].Detail, "057*****6666, 138****8000") || !strings.Contains(traces[0].Detail, "→ sequential: 138****8000, 057*****6666") {
			t.Errorf("%v %+v", err, traces)
		}
	})
}

// What may not be: other roles, other customers' numbers, phones that no number may
// forward to, a page that is out of date, a landline proven by a code, and a phone
// that was refused.
func TestTargetsRefused(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := newBinder(t, w)
		ctx := t.Context()
		add := func(role identity.Role, phone string) error {
			return b.Add(ctx, b.act(role), target.NewPhone{Phone: phone, Owner: target.OfEnterprise})
		}
		for phone, want := range map[string]fault.Code{
			"17012345678": fault.TargetVirtualOperator, "4006168168": fault.TargetServiceNumber, "95588": fault.TargetShortCode,
			"+85212345678": fault.TargetForeign, "": fault.TargetEmpty, "010 8888": fault.TargetUnknown, "+86 138-0013-8000": fault.TargetListed,
		} {
			b.refused(add(identity.Owner, phone), want)
		}
		for _, role := range []identity.Role{identity.Viewer, identity.Finance} {
			b.refused(add(role, "13711112222"), fault.NotAllowed)
			b.refused(b.Move(ctx, b.act(role), target.Main, teaMobile, true), fault.NotAllowed)
			b.refused(b.SendCode(ctx, b.act(role), teaMobile, "zh"), fault.NotAllowed)
			b.refused(b.Prove(ctx, b.act(role), teaMobile, "1"), fault.NotAllowed)
		}
		other := b.act(identity.Owner)
		other.By.Customer = b.customer("beijing-books")
		b.refused(b.Move(ctx, other, target.Main, teaMobile, true), fault.NumberNotRented)
		if _, err := b.Show(ctx, other.By, teaNumber); fault.CodeOf(err) != fault.NumberNotRented {
			t.Error(err)
		}

		old := b.act(identity.Owner)
		b.must(b.Move(ctx, b.act(identity.Owner), target.Main, teaMobile, true))
		b.refused(b.Move(ctx, old, target.Main, teaMobile, false), fault.TargetsChanged)

		b.must(add(identity.Owner, "0571-2222 3333"))
		b.refused(b.SendCode(ctx, b.act(identity.Owner), "057122223333", "zh"), fault.TargetByDocuments)
		b.approved = []string{"057144445555"}
		b.must(add(identity.Owner, "0571-4444 5555"))
		if got := b.rings(); !strings.HasSuffix(got, " 057144445555") {
			t.Error("a phone that was approved with documents does not ring:", got)
		}
		b.refused(b.SendCode(ctx, b.act(identity.Owner), "13711119999", "zh"), fault.TargetNotListed)

		refused := strings.Replace(example(t), `phone: "13900139000", trunk: carrier, review: pending`, `phone: "13900139000", trunk: carrier, review: refused`, 1)
		w.apply(t, refused)
		b.refused(add(identity.Owner, teaPhone), fault.TargetRefused)
		b.refused(b.SendCode(ctx, b.act(identity.Owner), teaPhone, "zh"), fault.TargetRefused)
	})
}

// Codes are few, and few guesses of each: within a day five to a phone, whatever
// was guessed, and thirty to all of a customer's.
func TestTargetCodesAreFew(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := newBinder(t, w)
		ctx := t.Context()
		b.must(b.Add(ctx, b.act(identity.Owner), target.NewPhone{Phone: "13711112222", Owner: target.OfLegal, List: target.OnBusy}))
		for range 5 {
			b.must(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"))
			for i := range 6 {
				want := fault.CodeWrong
				if i == 5 {
					want = fault.CodeOver
				}
				b.refused(b.Prove(ctx, b.act(identity.Owner), "13711112222", "x"), want)
			}
			// Not even the right one any more.
			b.refused(b.Prove(ctx, b.act(identity.Owner), "13711112222", b.sent[len(b.sent)-1].Code), fault.CodeOver)
			w.set(w.now.Add(time.Minute))
		}
		b.refused(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"), fault.CodeTooMany)
		w.set(w.now.Add(24 * time.Hour))
		b.must(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"))
		w.set(w.now.Add(10 * time.Minute))
		b.refused(b.Prove(ctx, b.act(identity.Owner), "13711112222", b.sent[len(b.sent)-1].Code), fault.CodeOver)
		b.fails = fault.New(fault.CodeNotSent)
		b.refused(b.SendCode(ctx, b.act(identity.Owner), "13711112222", "zh"), fault.CodeNotSent)
	})
}

// Many at once on one page: exactly one of them changes it.
func TestTargetsAtOnce(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := newBinder(t, w)
		act := b.act(identity.Owner)
		var won, late atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch err := b.Move(t.Context(), act, target.Main, teaMobile, true); {
				case err == nil:
					won.Add(1)
				case fault.CodeOf(err) == fault.TargetsChanged:
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || late.Load() != 7 {
			t.Errorf("%d won, %d were too late", won.Load(), late.Load())
		}
	})
}

// Whatever members do in whatever order: lists keep their bounds and name no phone
// twice, versions only grow, and no phone rings that is not approved.
func TestTargetsKeepTheirRules(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		b := newBinder(t, w)
		phones := []string{teaOffice, teaMobile, "13711112222", "057122223333", teaPhone, "13711113333"}
		rapid.Check(t, func(r *rapid.T) {
			ctx := t.Context()
			was := b.sheet()
			for range rapid.IntRange(1, 4).Draw(r, "steps") {
				act, phone := b.act(identity.Routing), rapid.SampledFrom(phones).Draw(r, "phone")
				list := rapid.SampledFrom(target.Lists()).Draw(r, "list")
				var err error
				switch rapid.SampledFrom([]string{"add", "up", "down", "remove", "restore", "prove"}).Draw(r, "step") {
				case "add":
					err = b.Add(ctx, act, target.NewPhone{Phone: phone, Owner: target.OfStaff, List: list})
				case "up":
					err = b.Move(ctx, act, list, phone, true)
				case "down":
					err = b.Move(ctx, act, list, phone, false)
				case "remove":
					err = b.Remove(ctx, act, list, phone, false)
				case "restore":
					err = b.Restore(ctx, act, rapid.IntRange(1, act.Version).Draw(r, "version"))
				case "prove":
					w.set(w.now.Add(25 * time.Hour))
					if err = b.SendCode(ctx, act, phone, "zh"); err == nil && !rings(b.sheet(), phone) {
						err = b.Prove(ctx, act, phone, b.sent[len(b.sent)-1].Code)
					}
				}
				var known *fault.Error
				if err != nil && !errors.As(err, &known) {
					r.Fatal(err)
				}
				now := b.sheet()
				if now.Profile.Version < was.Profile.Version {
					r.Fatalf("version %d after %d", now.Profile.Version, was.Profile.Version)
				}
				was = now
				for _, l := range target.Lists() {
					var seen []string
					for _, x := range now.Of(l) {
						if slices.Contains(seen, x.Phone) {
							r.Fatalf("%s is twice in %s", x.Phone, l)
						}
						seen = append(seen, x.Phone)
					}
				}
				for _, phone := range strings.Fields(b.rings()) {
					if p, ok := now.Phone(phone); !ok || p.Review != catalog.Approved {
						r.Fatalf("%s rings and is not approved", phone)
					}
				}
				if b.rings() == "" {
					r.Fatal("nobody rings, and nobody was asked")
				}
			}
		})
	})
}

func rings(s target.Sheet, phone string) bool { return s.Rings(phone) }
