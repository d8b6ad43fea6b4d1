package transaction_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sibai/internal/sip/loop"
	"sibai/internal/sip/transaction"
	"sibai/internal/sip/transport"
	"sibai/internal/sip/wire"
)

// network writes down what is sent, and when.
type network struct {
	t     *testing.T
	start time.Time
	sent  []string // first line
	at    []time.Duration
	fail  bool
}

func (n *network) Send(_ transport.Peer, data []byte, failed func(error)) {
	line, _, _ := strings.Cut(string(data), "\r\n")
	n.sent, n.at = append(n.sent, line), append(n.at, time.Since(n.start))
	if n.fail && failed != nil {
		failed(fmt.Errorf("unreachable"))
	}
}

// handler writes down what a client was told.
type handler struct {
	told []string
	at   []time.Duration
	net  *network
}

func (h *handler) Response(_ *transaction.Client, m *wire.Message) {
	h.tell(fmt.Sprint(m.Status))
}
func (h *handler) Failed(_ *transaction.Client, status int) { h.tell(fmt.Sprintf("failed %d", status)) }
func (h *handler) tell(what string) {
	h.told, h.at = append(h.told, what), append(h.at, time.Since(h.net.start))
}

type bench struct {
	*testing.T
	loop  *loop.Loop
	net   *network
	table *transaction.Table
	h     *handler
}

// run plays f in a bubble of fake time.
func run(t *testing.T, f func(b *bench)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, net: &network{t: t, start: time.Now()}}
		b.loop = loop.New(func() {}, func(v any) { panic(v) })
		b.table = transaction.NewTable(b.loop, b.net, transaction.Timers{})
		b.h = &handler{net: b.net}
		f(b)
		sleep(2 * time.Minute)
		b.on(func() {
			if n := b.table.Len(); n != 0 && !b.Failed() {
				b.Errorf("%d transactions are left over", n)
			}
		})
		b.loop.Close()
	})
}

func (b *bench) on(f func()) {
	b.loop.Post(f)
	synctest.Wait()
}

func message(t *testing.T, text string) *wire.Message {
	t.Helper()
	m, err := wire.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return m
}

func (b *bench) request(method, branch string) *wire.Message {
	return message(b.T, fmt.Sprintf("%s sip:400@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=%s\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>\nCall-ID: c\nCSeq: 1 %[1]s\n\n", method, branch))
}

func (b *bench) response(status int, method, branch string) *wire.Message {
	return message(b.T, fmt.Sprintf("SIP/2.0 %d X\nVia: SIP/2.0/UDP h;branch=%s\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>;tag=2\nCall-ID: c\nCSeq: 1 %s\n\n", status, branch, method))
}

var (
	udp = transport.Peer{Kind: transport.UDP}
	tcp = transport.Peer{Kind: transport.TCP}
)

const branch = "z9hG4bKx"

func (b *bench) client(method string, to transport.Peer) (c *transaction.Client) {
	r := &wire.Request{Method: method, URI: "sip:b@h", Via: "SIP/2.0/UDP h;branch=" + branch, From: "<sip:a@h>;tag=1", To: "<sip:b@h>", CallID: "c", CSeq: 1, Route: []string{"<sip:p;lr>"}}
	b.on(func() { c = b.table.NewClient(r, branch, to, b.h) })
	return c
}

func (b *bench) sent(want ...string) {
	b.Helper()
	if !slices.Equal(b.net.sent, want) {
		b.Errorf("sent %q, want %q", b.net.sent, want)
	}
}

func (b *bench) told(want ...string) {
	b.Helper()
	if !slices.Equal(b.h.told, want) {
		b.Errorf("told %q, want %q", b.h.told, want)
	}
}

// sleep lets fake time pass, and what is due in it happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func seconds(list ...float64) []time.Duration {
	var out []time.Duration
	for _, s := range list {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}

func TestInviteClientRepeatsAndGivesUp(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.INVITE, udp)
		sleep(33 * time.Second)
		if want := seconds(0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5); !slices.Equal(b.net.at, want) {
			b.Errorf("timer A: sent at %v, want %v", b.net.at, want)
		}
		b.told("failed 408")
		if !slices.Equal(b.h.at, seconds(32)) {
			b.Errorf("timer B: %v", b.h.at)
		}
	})
}

func TestInviteClientOverTCPDoesNotRepeat(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.INVITE, tcp)
		sleep(33 * time.Second)
		b.sent("INVITE sip:b@h SIP/2.0")
		b.told("failed 408")
	})
}

func TestInviteClientWaitsAfterProvisional(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.INVITE, udp)
		for range 12 {
			b.on(func() { b.table.Response(b.response(180, "INVITE", branch)) })
		}
		sleep(10 * time.Minute)
		b.sent("INVITE sip:b@h SIP/2.0")
		b.on(func() { b.table.Response(b.response(486, "INVITE", branch)) })
		b.on(func() { b.table.Response(b.response(486, "INVITE", branch)) }) // the ACK was lost
		b.sent("INVITE sip:b@h SIP/2.0", "ACK sip:b@h SIP/2.0", "ACK sip:b@h SIP/2.0")
		if n := len(b.h.told); n != 13 || b.h.told[12] != "486" {
			b.Errorf("told %q", b.h.told)
		}
	})
}

func TestInviteClientPassesEvery2xx(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.INVITE, udp)
		b.on(func() { b.table.Response(b.response(200, "INVITE", branch)) })
		sleep(31 * time.Second)
		b.on(func() { b.table.Response(b.response(200, "INVITE", branch)) })
		sleep(2 * time.Second) // timer M
		b.on(func() { b.table.Response(b.response(200, "INVITE", branch)) })
		b.told("200", "200")
		b.sent("INVITE sip:b@h SIP/2.0")
	})
}

func TestCancelIsHeldBackUntilProvisional(t *testing.T) {
	run(t, func(b *bench) {
		c := b.client(wire.INVITE, udp)
		b.on(func() { c.Cancel(nil) })
		b.sent("INVITE sip:b@h SIP/2.0")
		b.on(func() { b.table.Response(b.response(100, "INVITE", branch)) })
		b.sent("INVITE sip:b@h SIP/2.0", "CANCEL sip:b@h SIP/2.0")
		b.on(func() { c.Cancel(nil) })
		b.on(func() { b.table.Response(b.response(200, "CANCEL", branch)) })
		b.on(func() { b.table.Response(b.response(487, "INVITE", branch)) })
		b.sent("INVITE sip:b@h SIP/2.0", "CANCEL sip:b@h SIP/2.0", "ACK sip:b@h SIP/2.0")
		b.told("100", "487")
	})
}

func TestCancelledClientThatIsNeverAnsweredGivesUp(t *testing.T) {
	run(t, func(b *bench) {
		c := b.client(wire.INVITE, udp)
		b.on(func() { b.table.Response(b.response(180, "INVITE", branch)) })
		sleep(time.Minute)
		b.on(func() { c.Cancel(nil) })
		sleep(33 * time.Second)
		b.told("180", "failed 408")
		if b.h.at[1] != 92*time.Second {
			b.Errorf("given up at %v", b.h.at[1])
		}
	})
}

func TestSendFailureIs503(t *testing.T) {
	run(t, func(b *bench) {
		b.net.fail = true
		b.client(wire.INVITE, udp)
		synctest.Wait()
		b.told("failed 503")
	})
}

func TestOtherClientRepeatsUpToT2(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.BYE, udp)
		sleep(33 * time.Second)
		if want := seconds(0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5); !slices.Equal(b.net.at, want) {
			b.Errorf("timer E: sent at %v, want %v", b.net.at, want)
		}
		b.told("failed 408")
	})
}

func TestOtherClientProvisionalIsNoEnd(t *testing.T) {
	run(t, func(b *bench) {
		b.client(wire.BYE, udp)
		b.on(func() { b.table.Response(b.response(100, "BYE", branch)) })
		sleep(5 * time.Second)
		b.on(func() { b.table.Response(b.response(200, "BYE", branch)) })
		b.on(func() { b.table.Response(b.response(200, "BYE", branch)) })
		b.told("100", "200")
		if want := seconds(0, 0.5, 4.5); !slices.Equal(b.net.at, want) {
			b.Errorf("timer E in proceeding: sent at %v, want %v", b.net.at, want)
		}
	})
}

func (b *bench) server(m *wire.Message, from transport.Peer) (s *transaction.Server) {
	b.on(func() {
		if b.table.Absorb(m) {
			b.Error("a new request was taken for a copy")
		}
		s = b.table.NewServer(m, from)
	})
	return s
}

func TestInviteServerRepeatsRefusalUntilAck(t *testing.T) {
	run(t, func(b *bench) {
		m := b.request("INVITE", branch)
		s := b.server(m, udp)
		b.on(func() { s.Respond(486, []byte("486\r\n")) })
		sleep(12 * time.Second)
		if want := seconds(0, 0.5, 1.5, 3.5, 7.5, 11.5); !slices.Equal(b.net.at, want) {
			b.Errorf("timer G: sent at %v, want %v", b.net.at, want)
		}
		ack := b.request("ACK", branch)
		b.on(func() {
			for range 2 {
				if !b.table.Absorb(ack) {
					b.Error("the ACK of a refusal was not taken")
				}
			}
		})
		sleep(6 * time.Second) // timer I
		if len(b.net.sent) != 6 || b.table.Len() != 0 {
			b.Errorf("%d sent, %d transactions", len(b.net.sent), b.table.Len())
		}
	})
}

func TestInviteServerGivesUpWithoutAck(t *testing.T) {
	run(t, func(b *bench) {
		s := b.server(b.request("INVITE", branch), udp)
		b.on(func() { s.Respond(603, []byte("603\r\n")) })
		sleep(33 * time.Second)
		if n := len(b.net.sent); n != 11 || b.table.Len() != 0 {
			b.Errorf("timer H: %d sent, %d transactions", n, b.table.Len())
		}
	})
}

func TestInviteServerAbsorbsCopies(t *testing.T) {
	run(t, func(b *bench) {
		m := b.request("INVITE", branch)
		s := b.server(m, udp)
		b.on(func() {
			s.Respond(100, []byte("100\r\n"))
			s.Respond(180, []byte("180\r\n"))
			if !b.table.Absorb(m) {
				b.Error("a copy was not absorbed")
			}
			s.Respond(200, []byte("200\r\n"))
			b.table.Absorb(m)                      // accepted: the user repeats its 200
			s.Respond(486, []byte("too late\r\n")) // a second final response is none
			if b.table.Absorb(b.request("ACK", branch)) {
				b.Error("the ACK of a 2xx belongs to the dialog")
			}
		})
		b.sent("100", "180", "180", "200")
		if b.table.Absorbed.Load() != 2 {
			b.Errorf("%d absorbed", b.table.Absorbed.Load())
		}
	})
}

func TestOtherServerRepeatsForCopies(t *testing.T) {
	run(t, func(b *bench) {
		m := b.request("BYE", branch)
		s := b.server(m, udp)
		b.on(func() { b.table.Absorb(m) }) // nothing to repeat yet
		b.on(func() { s.Respond(200, []byte("200\r\n")) })
		sleep(31 * time.Second)
		b.on(func() { b.table.Absorb(m) })
		b.sent("200", "200")
		sleep(2 * time.Second) // timer J
		b.on(func() {
			if b.table.Absorb(m) {
				b.Error("still known after timer J")
			}
		})
	})
}

func TestMergedInviteIsSeen(t *testing.T) {
	run(t, func(b *bench) {
		s := b.server(b.request("INVITE", branch), udp)
		b.on(func() {
			if !b.table.Merged(b.request("INVITE", "z9hG4bKother")) {
				b.Error("the same INVITE by another path was not seen")
			}
			if b.table.Cancelled(b.request("CANCEL", branch)) != s {
				b.Error("CANCEL does not find its INVITE")
			}
			if b.table.Cancelled(b.request("CANCEL", "z9hG4bKnone")) != nil {
				b.Error("CANCEL finds an INVITE that is none")
			}
			s.Respond(500, []byte("500\r\n"))
		})
	})
}

func TestOldRequestsWithoutCookieAreToldApart(t *testing.T) {
	run(t, func(b *bench) {
		one := b.request("INVITE", "1")
		s := b.server(one, udp)
		other := b.request("INVITE", "1")
		other.CallID = "another"
		b.on(func() {
			if !b.table.Absorb(one) || b.table.Absorb(other) {
				b.Error("RFC 2543 matching failed")
			}
			s.Respond(500, []byte("500\r\n"))
		})
	})
}
