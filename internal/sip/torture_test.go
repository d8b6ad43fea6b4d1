package sip_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// torture says what is done with each message of RFC 4475 and RFC 5118 (the
// files are named by the RFC and its name for the message): the status of the
// first response, where 100 means that a call was made of it, and dropped
// that nothing is answered.
var torture = map[string]string{
	// RFC 4475 3.1.1, valid
	"4475-wsinv":   "481", // its To has a tag: read well, but of no dialog here
	"4475-intmeth": "405", "4475-esc01": call100, "4475-escnull": "405",
	"4475-esc02": "405", "4475-lwsdisp": "200", "4475-longreq": call100, "4475-dblreq": "405",
	"4475-semiuri": "200", "4475-transports": "200", "4475-mpart01": "405",
	"4475-unreason": dropped, "4475-noreason": dropped, // responses to nothing
	// 3.1.2, invalid
	"4475-badinv01": "400", "4475-clerr": "400", "4475-ncl": "400", "4475-scalar02": "400",
	"4475-scalarlg": dropped, "4475-quotbal": "400", "4475-ltgtruri": "400", "4475-lwsruri": "400",
	"4475-lwsstart": "400", "4475-trws": "400", "4475-escruri": "400",
	"4475-baddate":  call100, // Date means nothing to us
	"4475-regbadct": "405",
	"4475-badaspec": "200", "4475-baddn": "200", // read with good will
	"4475-badvers": "505", "4475-mismatch01": "400", "4475-mismatch02": "400", "4475-bigcode": dropped,
	// 3.2 to 3.4
	"4475-badbranch": "200",
	"4475-insuf":     dropped, // a response would need what is missing
	"4475-unkscm":    "416", "4475-novelsc": "416", "4475-unksm2": "405", "4475-bext01": "420",
	"4475-invut": "415", "4475-regaut01": "405", "4475-multi01": "400", "4475-mcl01": "400",
	"4475-bcast": dropped, "4475-zeromf": "200", "4475-cparam01": "405", "4475-cparam02": "405",
	"4475-regescrt": "405", "4475-sdp01": "406", "4475-inv2543": call100,
	// RFC 5118
	"5118-ipv6-good": "405", "5118-ipv6-bad": "400", "5118-port-ambiguous": "405", "5118-port-unambiguous": "405",
	"5118-via-received-with-delim": "481", "5118-via-received-no-delim": "200", "5118-ipv6-in-sdp": call100,
	"5118-mult-ip-in-header": "481", "5118-mult-ip-in-sdp": call100, "5118-ipv4-mapped": call100,
	"5118-abnf-3-colons": "200", "5118-abnf-2-colons": "200",
}

const (
	call100 = "100"
	dropped = "dropped"
)

const probe = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKprobe\r\nFrom: <sip:probe@h>;tag=1\r\nTo: <sip:x>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\n\r\n"

func TestTorture(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil || len(files) != len(torture) {
		t.Fatalf("%d files, %d expectations (%v)", len(files), len(torture), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			srv, m := inMemory(t)
			from := netip.MustParseAddrPort("192.0.2.77:5099")
			m.in <- datagram{from, string(data)}
			m.in <- datagram{from, probe}
			var got []string
			for d := range m.out { // up to the answer to the probe
				f := parseText(d.data)
				if f.get("Call-ID") == "probe" {
					break
				}
				if d.addr.Addr() != from.Addr() {
					t.Errorf("answered to %s", d.addr)
				}
				got = append(got, strings.Fields(f.start)[1])
			}
			want := torture[name]
			switch {
			case want == dropped && len(got) > 0, want != dropped && (len(got) != 1 || got[0] != want):
				t.Errorf("answered %v, want %s", got, want)
			}
			st := srv.Stats()
			if made := st.Total == 1; made != (want == call100) || st.Panics > 0 {
				t.Errorf("%+v", st)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = srv.Stop(ctx) // the call that was made is ended by it
		})
	}
}

// FuzzReceive gives any bytes to the whole receive path: nothing may panic,
// hang, or answer to anywhere but the source.
func FuzzReceive(f *testing.F) {
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	srv, m := inMemory(f)
	f.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = srv.Stop(ctx)
	})
	from := netip.MustParseAddrPort("192.0.2.77:5099")
	n := 0
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 60000 {
			return
		}
		n++
		m.in <- datagram{from, string(data)}
		// A probe on every loop proves that the message has been handled.
		m.in <- datagram{from, strings.ReplaceAll(probe, "probe", "probe"+strings.Repeat("x", n%50))}
		for d := range m.out {
			if d.addr.Addr() != from.Addr() {
				t.Errorf("answered to %s:\n%s", d.addr, d.data)
			}
			if strings.Contains(d.data, "Call-ID: probe") {
				break
			}
		}
		if st := srv.Stats(); st.Panics > 0 {
			t.Fatal("a message caused a panic")
		}
	})
}
