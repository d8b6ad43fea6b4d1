package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sibai/internal/config"
	"sibai/internal/money"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sibai.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	path := write(t, "node: 2\ndata: /var/lib/sibai\nsip:\n  listen: ['udp:127.0.0.1:5070']\nhttp:\n  listen: 127.0.0.1:9000\n")
	cfg, err := config.Load(path,
		[]string{"SIBAI_NODE=3", "SIBAI_CHARGING_BONUS_FIRST=false", "HOME=/root", "SIBAI_SIP_LISTEN=udp:127.0.0.1:1,tcp:127.0.0.1:2"},
		map[string]string{"http.listen": "127.0.0.1:9001", "stop.grace": "5s"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Node, want.Data, want.HTTP.Listen = 3, "/var/lib/sibai", "127.0.0.1:9001"
	want.SIP.Listen = []string{"udp:127.0.0.1:1", "tcp:127.0.0.1:2"}
	want.Charging.BonusFirst, want.Stop.Grace = false, 5*time.Second
	if d := cmp.Diff(want, cfg); d != "" {
		t.Error(d)
	}
}

func TestWhatIsPrintedCanBeLoaded(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Node, want.SIP.Listen = 9, []string{"udp:10.0.0.1:5060"}
	got, err := config.Load(write(t, config.YAML(want)), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		env  []string
		set  map[string]string
		want []string
	}{
		"unknown key":      {file: "http:\n  listn: x\n", want: []string{"http.listn: there is no such setting: did you mean http.listen?"}},
		"unknown variable": {env: []string{"SIBAI_HTTP_LISTN=x"}, want: []string{"environment SIBAI_HTTP_LISTN: there is no such setting: did you mean http.listen?"}},
		"unknown flag":     {set: map[string]string{"datta": "x"}, want: []string{"--set datta: there is no such setting: did you mean data?"}},
		"everything at once": {file: "node: 0\nlog:\n  level: loud\nsip:\n  listen: ['sctp:1.2.3.4:5']\n  t1: 1ms\n",
			want: []string{"node: 0 is out of range", `log.level: "loud" is not a level`, `sip.listen[0]: "sctp:1.2.3.4:5" names no transport`, "sip.t1: 1ms is out of range"}},
		"lease too short":  {set: map[string]string{"charging.lease": "6s"}, want: []string{"charging.lease: 6s is too short for a renewal every 5s: set it to at least twice"}},
		"not a number":     {file: "node: many\n", want: []string{`node: "many" does not fit: write a whole number`}},
		"not a length":     {set: map[string]string{"stop.grace": "5"}, want: []string{`stop.grace: "5" does not fit: write a length of time such as 30s`}},
		"not a truth":      {env: []string{"SIBAI_CHARGING_BONUS_FIRST=perhaps"}, want: []string{`charging.bonus_first: "perhaps" does not fit: write true or false`}},
		"not a database":   {set: map[string]string{"store.url": "mysql://u:secret@h/d"}, want: []string{"store.url: mysql://u:xxxxx@h/d is not the address of a database: write it as postgres://"}},
		"not a choice":     {set: map[string]string{"charging.store_away": "perhaps"}, want: []string{`charging.store_away: "perhaps" is neither: use refuse or accept`}},
		"not an amount":    {file: "charging: {exposure: -1}\n", want: []string{`charging.exposure: "-1" is no such amount: write an amount in yuan`}},
		"no time of day":   {set: map[string]string{"audit.at": "25:00"}, want: []string{`audit.at: "25:00" is no time of day: write hh:mm`}},
		"no link":          {set: map[string]string{"public.url": "400.example.com/pay"}, want: []string{`public.url: "400.example.com/pay" is not such an address: write it as https://host`}},
		"payable for ever": {set: map[string]string{"pay.payable": "8760h"}, want: []string{"pay.payable: 8760h0m0s is out of range"}},
		"half a merchant": {set: map[string]string{"wechat.merchant": "1900000001", "wechat.app": "wx1", "public.url": "http://400.example.com"},
			want: []string{"wechat.serial: it is needed with wechat.merchant: set it", "wechat.api_key_file: it is needed", "public.url: WeChat Pay tells of payments over https only"}},
		"a name to advertise": {file: "sip: {advertise: sip.example.com}\n", want: []string{`sip.advertise: "sip.example.com" is not such an address: write the IP address`}},
		"every address":       {file: "sip: {listen: ['udp:0.0.0.0:5060']}\n", want: []string{"sip.advertise: it is needed to listen on every address: write the IP address that carriers reach"}},
		"not YAML":            {file: "node: [1\n", want: []string{"sibai.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(write(t, c.file), c.env, c.set)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q:\n%v", want, err)
				}
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); err == nil || !strings.Contains(err.Error(), "does not exist: create it") {
		t.Errorf("missing file: %v", err)
	}
}

// What may be risked is 0 unless the operator accepts calls, and exact.
func TestRisk(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Amount{
		"": 0, "charging: {exposure: 5}\n": 0, "charging: {store_away: accept}\n": money.Yuan,
		"charging: {store_away: accept, exposure: 0.35}\n": 350_000, "charging: {store_away: accept, exposure: \"12.000001\"}\n": 12_000_001,
	} {
		cfg, err := config.Load(write(t, text), nil, nil)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got, err := cfg.Charging.Risk(); err != nil || got != want {
			t.Errorf("%q risks %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(config.Reference(), string(got)); d != "" {
		t.Errorf("docs/config.md is old: run `make generate`\n%s", d)
	}
	for _, f := range config.Fields(config.Default()) {
		if f.Doc == "" {
			t.Errorf("%s has no manual", f.Key)
		}
	}
}

func TestLinksOfCustomers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, want string }{
		{"", "http://127.0.0.1:8403"}, {"https://400.example.com", "https://400.example.com"}, {"https://400.example.com/", "https://400.example.com"},
	} {
		if got := (config.Public{URL: c.url}).Link("127.0.0.1:8403"); got != c.want {
			t.Errorf("%q: %s", c.url, got)
		}
	}
}
