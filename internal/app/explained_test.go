package app_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sibai/internal/cdr"
	"sibai/internal/explain"
	"sibai/internal/money"
)

// sameEverywhere checks that a call's charge has the same lines in the words of
// the command line, in the record as JSON and on the page of the call, in both
// languages, and that they sum to it.
func sameEverywhere(t *testing.T, address string, rec cdr.Record) {
	t.Helper()
	var sum money.Amount
	for _, l := range rec.Lines {
		sum += l.Amount
		if want := l.Price * money.Amount(l.Increments); !l.Shared && l.Amount != want {
			t.Errorf("%s: %d × %s is not %s", rec.Call, l.Increments, l.Price, l.Amount)
		}
	}
	if sum != rec.Charge || len(rec.Lines) == 0 {
		t.Errorf("%s: %d lines sum to %s, the charge is %s", rec.Call, len(rec.Lines), sum, rec.Charge)
	}
	text, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	var read cdr.Record
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, l := range []explain.Lang{explain.ZH, explain.EN} {
		want := explain.Lines(rec, l)
		if got := explain.Lines(read, l); !slices.Equal(got, want) {
			t.Errorf("%s as JSON: %q, want %q", rec.Call, got, want)
		}
		page := page(t, "http://"+address+"/calls/"+rec.Call.String()+"?lang="+string(l))
		for _, line := range want {
			if !strings.Contains(explain.Text(rec, l), line) {
				t.Errorf("%s: the command line lacks %q", rec.Call, line)
			}
			if !strings.Contains(page, line) {
				t.Errorf("%s: the page lacks %q", rec.Call, line)
			}
		}
	}
}

func page(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, answer.StatusCode, err)
	}
	return html.UnescapeString(string(body))
}
