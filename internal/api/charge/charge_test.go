package charge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sibai/internal/api/charge"
	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/call"
	"sibai/internal/charging"
	"sibai/internal/directory"
	"sibai/internal/fault"
	"sibai/internal/id"
	"sibai/internal/money"
	"sibai/internal/number"
	"sibai/internal/remote"
	"sibai/internal/store/storetest"
)

const customer = 4711

// keys are the keys of the tests: their secrets are their scopes.
type keys struct{}

func (keys) Check(_ context.Context, secret string) (apikey.Key, error) {
	if secret == "" {
		return apikey.Key{}, fault.New(fault.KeyMissing)
	}
	if !strings.Contains("charge read charge,read", secret) {
		return apikey.Key{}, fault.New(fault.KeyWrong)
	}
	k := apikey.Key{Client: "pbx"}
	for s := range strings.SplitSeq(secret, ",") {
		k.Scopes = append(k.Scopes, apikey.Scope(s))
	}
	return k, nil
}

type lines struct{}

func (lines) Line(digits string) (directory.Line, bool) {
	return directory.Line{Number: digits, Bill: bill()}, digits == "4001234567"
}

func (lines) Find(digits string, _ time.Time) (call.Line, bool) {
	return call.Line{Number: digits, State: number.Active, Customer: customer, Bill: bill()}, digits == "4001234567"
}

func bill() charging.Bill {
	return charging.Bill{Shard: charging.ShardOf(customer), Account: 1, Subscription: 1, Tariff: storetest.Tariff(1, 20_000, 60, 100_000, 60, 100_000)}
}

func serve(t testing.TB, store charging.Store, cash money.Amount) *httptest.Server {
	t.Helper()
	ids, err := id.NewGenerator(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	bank := charging.New(store, charging.Config{Node: 1}, ids, nil)
	bank.Start()
	t.Cleanup(bank.Stop)
	if _, err := bank.OpenAccount(t.Context(), charging.ShardOf(customer), 1); err != nil {
		t.Fatal(err)
	}
	for i, top := range []charging.TopUp{
		{Bucket: charging.Cash, Amount: cash}, {Bucket: charging.Package, Seconds: 30},
	} {
		top.Shard, top.Account, top.Channel, top.Reference, top.At = charging.ShardOf(customer), 1, "bank", fmt.Sprint(i), time.Now()
		if _, err := bank.TopUp(t.Context(), top); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(charge.New(charge.Deps{
		Calls: remote.New(remote.Config{Charger: bank, Lines: lines{}, LongestStep: 10 * time.Minute}),
		Lines: lines{}, Accounts: bank,
	}, rest.Parts{Keys: keys{}, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	return server
}

// The operations in the order of one switch's day: each request with what the
// answer must say. A word with a dash before it must not be there.
func TestOperations(t *testing.T) {
	t.Parallel()
	server := serve(t, storetest.NewMemory(), 30*money.Fen)
	for _, c := range []struct {
		name, method, path, key, lang, body string
		status                              int
		want                                []string
	}{
		{"no key", "POST", "calls/a/reserve", "", "en", `{}`, 401, []string{`"key_missing"`, "Authorization: Bearer"}},
		{"a wrong key", "POST", "calls/a/reserve", "guess", "zh", `{}`, 401, []string{`"key_wrong"`, "密钥"}},
		{"a key that may only read", "POST", "calls/a/reserve", "read", "en", `{}`, 403, []string{`"key_scope"`, "create --scope charge"}},
		{"a key that may only charge", "GET", "calls/a", "charge", "en", ``, 403, []string{`"key_scope"`, "create --scope read"}},
		{"reserve", "POST", "calls/a%2F1@x/reserve", "charge", "", `{"number":"400-123-4567","caller":"+8613712342286"}`, 200, []string{`"call":"a/1@x"`, `"granted_seconds":60`, `"ask_again_at_seconds":50`, `"final":false`, `-refused`}},
		{"the same again", "POST", "calls/a%2F1@x/reserve", "charge", "", `{"number":"4001234567","caller":"+8613712342286"}`, 200, []string{`"granted_seconds":60`, `-refused`}},
		{"another caller", "POST", "calls/a%2F1@x/reserve", "charge", "en-GB,en;q=0.9", `{"number":"4001234567","caller":"+8613712342287"}`, 409, []string{`"call_reused"`, "another caller", "an id of its own"}},
		{"no credit", "POST", "calls/b/reserve", "charge", "en", `{"number":"4001234567"}`, 200, []string{`"granted_seconds":60`}},
		{"no credit any more", "POST", "calls/c/reserve", "charge", "en", `{"number":"4001234567"}`, 200, []string{`"granted_seconds":0`, `"refused":"insufficient_credit"`, `refused_text`}},
		{"unknown number", "POST", "calls/d/reserve", "charge", "zh", `{"number":"4009999999"}`, 200, []string{`"refused":"unknown_number"`, "空号"}},
		{"extend", "POST", "calls/a%2F1@x/extend", "charge", "", `{"sequence":1,"elapsed_seconds":50.5}`, 200, []string{`"granted_seconds":60`, `"final":true`}},
		{"out of order", "POST", "calls/a%2F1@x/extend", "charge", "en", `{"sequence":3,"elapsed_seconds":50.5}`, 409, []string{`"sequence_out_of_order"`, "the next one is 2"}},
		{"held", "GET", "calls/a%2F1@x", "read", "", ``, 200, []string{`"state":"held"`, `"elapsed_seconds":50.5`, `"lease_until"`, `"caller":"13712342286"`}},
		{"release", "POST", "calls/b/release", "charge", "", ``, 200, []string{`"cause":"no_answer"`, `"charge":{"micro":0,"yuan":"0.00"}`}},
		{"settle", "POST", "calls/a%2F1@x/settle", "charge", "", `{"talk_seconds":59.25,"target":"01088886666","ended_by":"called"}`, 200, []string{`"state":"ended"`, `"charge":{"micro":120000,"yuan":"0.12"}`, `"talk_seconds":59.25`, `"rule":"connection"`, `"rule":"first"`}},
		{"settled otherwise", "POST", "calls/a%2F1@x/settle", "charge", "en", `{"talk_seconds":60}`, 409, []string{`"call_ended_otherwise"`, "59.25"}},
		{"explained", "GET", "calls/a%2F1@x", "read", "", ``, 200, []string{`"state":"ended"`, `"zh":"`, "the called side hung up", "The switch pbx asks"}},
		{"never reserved", "POST", "calls/never/settle", "charge", "en", `{"talk_seconds":1}`, 404, []string{`"client_call_not_found"`, "nothing is held"}},
		{"no JSON", "POST", "calls/e/reserve", "charge", "en", `{`, 400, []string{`"json_invalid"`}},
		{"a misspelt field", "POST", "calls/e/reserve", "charge", "en", `{"nummer":"4001234567"}`, 400, []string{`"json_invalid"`, "nummer"}},
		{"two values", "POST", "calls/e/reserve", "charge", "en", `{"number":"4001234567"} {}`, 400, []string{`"json_invalid"`}},
		{"not a length", "POST", "calls/e/settle", "charge", "en", `{"talk_seconds":1e3}`, 400, []string{`"json_invalid"`, "1e3"}},
		{"less than nothing", "POST", "calls/e/settle", "charge", "en", `{"talk_seconds":-0.5}`, 400, []string{`"json_invalid"`}},
		{"no body", "POST", "calls/e/reserve", "charge", "en", ``, 400, []string{`"request_refused"`}},
		{"every wrong field is named", "POST", "calls/e/reserve", "charge", "zh", `{"lease_seconds":1}`, 422, []string{`"input_invalid"`, `"field":"number"`, `"field":"lease_seconds"`, "之间"}},
		{"the clock is wrong", "POST", "calls/e/reserve", "charge", "en", `{"number":"4001234567","at":"2020-01-01T00:00:00Z"}`, 422, []string{`"clock_apart"`, "NTP"}},
		{"batch", "POST", "charging/batch", "charge", "en", `{"operations":[
			{"call":"f","reserve":{"number":"4001234567"}},{"call":"g","settle":{"talk_seconds":1}},{"call":"f","settle":{"talk_seconds":1}},
			{"call":"h"},{"call":"h","release":{},"settle":{"talk_seconds":1}}]}`, 200,
			[]string{`{"call":"f","status":200,"grant"`, `{"call":"g","status":404,"problem"`, `{"call":"f","status":200,"record"`, `"yuan":"0.12"`, `{"call":"h","status":422`}},
		{"an empty batch", "POST", "charging/batch", "charge", "en", `{"operations":[]}`, 422, []string{`"operations"`, "between 1 and 1000"}},
		{"too large a batch", "POST", "charging/batch", "charge", "en", `{"operations":[` + strings.Repeat(`{"call":"z"},`, 1000) + `{"call":"z"}]}`, 422, []string{`"operations"`}},
		{"balance", "GET", "numbers/400-123-4567/balance", "read", "", ``, 200, []string{`"state":"active"`, `"yuan":"0.06"`, `"unit":"SEC"`, `"seconds":30`}},
		{"balance of nobody", "GET", "numbers/4009999999/balance", "read", "en", ``, 404, []string{`"number_not_rented"`}},
		{"balance of no number", "GET", "numbers/1/balance", "read", "en", ``, 422, []string{`"number_invalid"`}},
		{"no such path", "GET", "nothing", "read", "en", ``, 404, []string{`"path_unknown"`, "/api/openapi.json"}},
		{"no such method", "DELETE", "calls/a", "read", "en", ``, 405, []string{`"request_refused"`, "DELETE"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, server.URL+"/api/v1/"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.key != "" {
			req.Header.Set("Authorization", "Bearer "+c.key)
		}
		req.Header.Set("Accept-Language", c.lang)
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, res.StatusCode, c.status, text)
		}
		for _, want := range c.want {
			if not, ok := strings.CutPrefix(want, "-"); ok == strings.Contains(string(text), not) {
				t.Errorf("%s: %s: want %q", c.name, text, want)
			}
		}
		if kind := res.Header.Get("Content-Type"); res.StatusCode >= 400 && kind != "application/problem+json" {
			t.Errorf("%s: an error as %s", c.name, kind)
		}
	}
}

// The lines of a charge sum to it, in micro-yuan.
func TestLinesSumToTheCharge(t *testing.T) {
	t.Parallel()
	server := serve(t, storetest.NewMemory(), 30*money.Fen)
	var c charge.Call
	for _, r := range []struct{ path, body string }{{"reserve", `{"number":"4001234567"}`}, {"extend", `{"sequence":1,"elapsed_seconds":50}`}, {"settle", `{"talk_seconds":100}`}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/calls/a/"+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer charge")
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(res.Body).Decode(&c); err != nil && r.path == "settle" {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	sum := int64(0)
	for _, l := range c.Lines {
		sum += l.Amount.Micro
	}
	if c.Charge.Micro != 220_000 || sum != c.Charge.Micro {
		t.Errorf("charge %d, lines %d: %+v", c.Charge.Micro, sum, c)
	}
}

// The document that is served is one of OpenAPI 3.1 and has every operation.
func TestDocument(t *testing.T) {
	t.Parallel()
	server := serve(t, storetest.NewMemory(), 30*money.Fen)
	res, err := http.Get(server.URL + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var document struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.1") || len(document.Paths) != 7 {
		t.Errorf("%v: %+v", err, document)
	}
}

// The commands of docs/api.md do what they say, in their order.
func TestTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, storetest.NewMemory(), 10*money.Yuan)
	commands := regexp.MustCompile(`(?s)curl -s \$API(\S+) -H "\$AUTH"(?: -d '([^']*)')?`).FindAllStringSubmatch(string(text), -1)
	for _, c := range commands {
		method := http.MethodGet
		if c[2] != "" {
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1"+c[1], strings.NewReader(c[2]))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer charge,read")
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || strings.Contains(string(answer), `"refused"`) || strings.Contains(string(answer), `"problem"`) {
			t.Errorf("%s: %d %s", c[0], res.StatusCode, answer)
		}
	}
	if len(commands) != 8 || strings.Count(string(text), "curl ") != len(commands) {
		t.Errorf("%d commands were found", len(commands))
	}
}

func FuzzSeconds(f *testing.F) {
	for _, s := range []string{"0", "42", "42.5", "0.000001", "1e3", "-1", "1.9999999", "null", "999999999.999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s rest.Seconds
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		if s < 0 {
			t.Fatalf("%q is %d", text, s)
		}
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again rest.Seconds
		if err := json.Unmarshal(out, &again); err != nil || again != s {
			t.Errorf("%q became %s, then %d: %v", text, out, again, err)
		}
	})
}

// What one core does over HTTP, with the store in memory: the cost of the face.
func BenchmarkCall(b *testing.B) {
	server := serve(b, storetest.NewMemory(), 1_000_000*money.Yuan)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(32)
	var next atomic.Int64
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			n := next.Add(1)
			for _, r := range []struct{ path, body string }{
				{"reserve", `{"number":"4001234567","caller":"13712342286"}`}, {"extend", `{"sequence":1,"elapsed_seconds":50}`}, {"settle", `{"talk_seconds":70}`},
			} {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, fmt.Sprintf("%s/api/v1/calls/%d@bench/%s", server.URL, n, r.path), strings.NewReader(r.body))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer charge")
				res, err := client.Do(req)
				if err != nil {
					b.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					b.Errorf("%s: %s, %v", r.path, res.Status, err)
					return
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
