package doctor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"sibai/internal/config"
	"sibai/internal/doctor"
	"sibai/internal/fault"
)

func free(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	cfg.HTTP.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	cfg.SIP.Listen = []string{"udp:127.0.0.1:0"}
	return cfg
}

func find(t *testing.T, list []doctor.Finding, name string) doctor.Finding {
	t.Helper()
	for _, f := range list {
		if strings.HasPrefix(f.Name, name) {
			return f
		}
	}
	t.Fatalf("nothing was found about %s in %+v", name, list)
	return doctor.Finding{}
}

func opens(context.Context) error { return nil }

func TestHealthyMachine(t *testing.T) {
	t.Parallel()
	for _, f := range doctor.Examine(t.Context(), free(t), fault.English, opens) {
		if f.State == doctor.Bad {
			t.Errorf("%+v", f)
		}
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	cfg := free(t)
	cfg.SIP.Listen = []string{"udp:" + taken.LocalAddr().String()}
	f := find(t, doctor.Examine(t.Context(), cfg, fault.English, opens), "port udp")
	if f.State != doctor.Bad || !strings.Contains(f.Remedy, "change sip.listen[0]") {
		t.Errorf("%+v", f)
	}
}

func TestForeignAddress(t *testing.T) {
	t.Parallel()
	cfg := free(t)
	cfg.HTTP.Listen = "192.0.2.1:8400"
	f := find(t, doctor.Examine(t.Context(), cfg, fault.English, opens), "port tcp 192")
	if f.State != doctor.Bad || !strings.Contains(f.Remedy, "ip addr") {
		t.Errorf("%+v", f)
	}
}

func TestDataDirectoryIsAFile(t *testing.T) {
	t.Parallel()
	cfg := free(t)
	cfg.Data = "/proc/nothing/here"
	if f := find(t, doctor.Examine(t.Context(), cfg, fault.English, opens), "data directory"); f.State != doctor.Bad || f.Remedy == "" {
		t.Errorf("%+v", f)
	}
}

func TestBrokenStore(t *testing.T) {
	t.Parallel()
	cfg := free(t)
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.Database(), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := fault.New(fault.StoreCorrupt, "file", cfg.Database(), "reason", "not a database")
	f := find(t, doctor.Examine(t.Context(), cfg, fault.English, func(context.Context) error { return broken }), "store")
	if f.State != doctor.Bad || f.Remedy != broken.Remedy(fault.English) || f.Remedy == "" {
		t.Errorf("%+v", f)
	}
	f = find(t, doctor.Examine(t.Context(), cfg, fault.English, func(context.Context) error { return errors.New("odd") }), "store")
	if f.State != doctor.Bad || f.What != "odd" {
		t.Errorf("%+v", f)
	}
}

// A server is asked even before anything is stored on it; passwords stay
// hidden.
func TestServer(t *testing.T) {
	t.Parallel()
	cfg := free(t)
	cfg.Store.URL = "postgres://sibai:secret@db/sibai"
	for _, c := range []struct {
		err   error
		state doctor.State
	}{
		{nil, doctor.OK},
		{fault.New(fault.StoreMissing, "dir", "db"), doctor.OK},
		{fault.New(fault.StoreUnsafe, "url", "db", "setting", "fsync", "value", "off"), doctor.Bad},
	} {
		findings := doctor.Examine(t.Context(), cfg, fault.English, func(context.Context) error { return c.err })
		f := find(t, findings, "store postgres://")
		if f.State != c.state || strings.Contains(f.Name+f.What+f.Remedy, "secret") || (c.err == nil) != (f.What == "opens, and its schema is this program's") {
			t.Errorf("%v: %+v", c.err, f)
		}
		for _, f := range findings {
			if f.Name == "disk sync" {
				t.Error("the disk of the data directory was measured, which keeps no money")
			}
		}
	}
}

func TestSpool(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		f     doctor.Finding
		state doctor.State
		what  string
	}{
		{doctor.Spool(fault.English, 0, time.Time{}, 0, nil), doctor.OK, "empty"},
		{doctor.Spool(fault.English, 3, since, 0, nil), doctor.Look, "3 calls wait for the store, the oldest since 2026-07-01T09:00:00Z"},
		{doctor.Spool(fault.English, 3, since, 12, nil), doctor.Look, "12 bytes are damaged; 3 calls can be read"},
		{doctor.Spool(fault.English, 0, time.Time{}, 0, errors.New("odd")), doctor.Bad, "odd"},
	} {
		if c.f.State != c.state || c.f.What != c.what || (c.state == doctor.OK) != (c.f.Remedy == "") {
			t.Errorf("%+v", c.f)
		}
	}
}

func TestProvider(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        error
		state      doctor.State
		what, mend string
	}{
		{nil, doctor.OK, "it answers", ""},
		{fault.New(fault.ProviderUnreachable, "provider", "alipay", "reason", "timeout"), doctor.Look, "timeout", "try again"},
		{fault.New(fault.ProviderRefused, "provider", "alipay", "reason", "isv.invalid-signature"), doctor.Bad, "isv.invalid-signature", "compare the settings"},
		{fault.New(fault.ProviderSettings, "setting", "alipay.key_file", "reason", "no key"), doctor.Bad, "alipay.key_file", "docs/payments.md"},
		{errors.New("odd"), doctor.Bad, "odd", "docs/payments.md"},
	} {
		f := doctor.Provider(fault.English, "alipay", c.err)
		if f.Name != "payments over alipay" || f.State != c.state || !strings.Contains(f.What, c.what) || !strings.Contains(f.Remedy, c.mend) || (c.mend == "") != (f.Remedy == "") {
			t.Errorf("%+v", f)
		}
	}
}

// Whatever is found is said in Chinese, too: no English word is left but names.
func TestFindingsInChinese(t *testing.T) {
	t.Parallel()
	cfg := free(t)
	findings := doctor.Examine(t.Context(), cfg, fault.Chinese, func(context.Context) error { return nil })
	findings = append(findings, doctor.Spool(fault.Chinese, 0, time.Time{}, 0, nil), doctor.Spool(fault.Chinese, 2, time.Now(), 0, nil), doctor.Spool(fault.Chinese, 2, time.Now(), 5, nil),
		doctor.Provider(fault.Chinese, "alipay", nil), doctor.Provider(fault.Chinese, "alipay", fault.New(fault.ProviderRefused, "provider", "alipay", "reason", "isv.invalid-signature")))
	for _, f := range findings {
		if !strings.ContainsFunc(f.What, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !strings.HasPrefix(f.What, "20") {
			t.Errorf("%s: %q", f.Name, f.What)
		}
		if f.Remedy != "" && !strings.HasPrefix(f.Remedy, "请") && !strings.Contains(f.Remedy, "请") {
			t.Errorf("%s: %q → %q", f.Name, f.What, f.Remedy)
		}
	}
}
