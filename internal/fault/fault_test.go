package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"sibai/internal/fault"
)

func TestErrorSaysWhatCauseAndRemedy(t *testing.T) {
	t.Parallel()
	err := fault.Wrap(fs.ErrPermission, fault.StoreNotWritable, "dir", "/var/lib/sibai")
	const want = "/var/lib/sibai cannot be written: permission denied — make it writable for the user that runs sibai"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if !errors.Is(err, fs.ErrPermission) {
		t.Error("the cause is lost")
	}
	if got := err.Text(fault.Chinese); got != "/var/lib/sibai 不可写" {
		t.Errorf("zh: %s", got)
	}
	if err.Cause(fault.English) == "" || err.Cause(fault.Chinese) == err.Cause(fault.English) {
		t.Error("the usual cause is not told in both languages")
	}
}

func TestKindAndCodeAreFoundThroughWraps(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("open: %w", fault.New(fault.StoreLocked, "dir", "x"))
	if fault.KindOf(wrapped) != fault.KindUnavailable || fault.CodeOf(wrapped) != fault.StoreLocked {
		t.Errorf("kind %s code %s", fault.KindOf(wrapped), fault.CodeOf(wrapped))
	}
	var invalid fault.Invalid
	if invalid.Err() != nil {
		t.Error("no problems, yet an error")
	}
	invalid.Add("a", 1, fault.ValueEmpty, "example", "x")
	if fault.KindOf(invalid.Err()) != fault.KindInvalid || fault.CodeOf(invalid.Err()) != fault.InputInvalid {
		t.Error("Invalid has no kind or code")
	}
	if plain := errors.New("plain"); fault.KindOf(plain) != fault.KindInternal || fault.CodeOf(plain) != "" {
		t.Error("an unknown error is internal and has no code")
	}
	if fault.KindOf(nil) != "" {
		t.Error("nil has a kind")
	}
}

func TestProblemsStandOneALine(t *testing.T) {
	t.Parallel()
	invalid := &fault.Invalid{Source: "site.yaml"}
	invalid.Add("customers[0].name", 12, fault.ValueEmpty, "example", "a name")
	invalid.Add("", 0, fault.Internal)
	const want = "site.yaml:12: customers[0].name: this is empty — write a name\n" +
		"site.yaml: something went wrong inside sibai — report it with what you did and the lines of the log"
	if invalid.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", invalid, want)
	}
	invalid.Source = ""
	if got, _, _ := strings.Cut(invalid.Text(fault.Chinese), "\n"); got != "line 12: customers[0].name: 内容为空 — 请写成 a name" {
		t.Errorf("form: %s", got)
	}
}

// A place without a value shows, and values are not filled in a second time.
func TestPlaces(t *testing.T) {
	t.Parallel()
	if got := fault.New(fault.StoreLocked).Text(fault.English); !strings.HasPrefix(got, "{dir} ") {
		t.Errorf("missing value: %s", got)
	}
	got := fault.StoreNetworkDisk.Text(fault.English, fault.ParamsOf("dir", "{fs}", "fs", "nfs"))
	if got != "{fs} is on a network disk (nfs)" {
		t.Errorf("value filled in twice: %s", got)
	}
	if got := fault.SegmentUnknown.Remedy(fault.English, fault.ParamsOf("segment", "4005")); !strings.Contains(got, `{prefix: "4005", carrier: unicom, telecom or mobile}`) {
		t.Errorf("a place inside braces: %s", got)
	}
	if got := fault.Code("never_heard_of").Text(fault.English, nil); got != "never_heard_of" {
		t.Errorf("unknown code: %s", got)
	}
}

// Programs and support know a code for ever: none that was published may go.
func TestPublishedCodesExist(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("testdata/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	codes := strings.Fields(string(list))
	if len(codes) == 0 {
		t.Fatal("the list is empty")
	}
	for _, c := range codes {
		if !fault.Code(c).Known() {
			t.Errorf("%s was published and is gone: a code is never renamed or removed", c)
		}
	}
}
