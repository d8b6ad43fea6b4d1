package catalog_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sibai/internal/catalog"
	"sibai/internal/fault"
	"sibai/internal/money"
)

// problems lists what a Validate reports, "field code".
func problems(validate func(catalog.Report)) string {
	var out []string
	validate(func(field string, code fault.Code, pairs ...any) {
		out = append(out, fmt.Sprintf("%s %s", field, code))
		if text := code.Text(fault.English, fault.ParamsOf(pairs...)); strings.Contains(text, "{") {
			out = append(out, "a place is not filled: "+text)
		}
	})
	return strings.Join(out, ", ")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	annual := catalog.Plan{
		Code: "annual-600", Name: "包年600", Kind: catalog.Annual, Tariff: "standard", Fee: 600 * money.Yuan, TermMonths: 12,
		Package: 600 * money.Yuan, Minimum: 50 * money.Yuan, MinimumPeriod: catalog.Monthly, MaxConcurrent: 10, MinGrant: time.Minute,
	}
	for name, c := range map[string]struct {
		change func(*catalog.Plan)
		want   string
	}{
		"a good one":           {func(*catalog.Plan) {}, ""},
		"no limit, no minimum": {func(p *catalog.Plan) { p.MaxConcurrent, p.Minimum, p.MinimumPeriod = 0, 0, "" }, ""},
		"no term":              {func(p *catalog.Plan) { p.TermMonths = 0 }, "term_months field_missing"},
		"long term":            {func(p *catalog.Plan) { p.TermMonths = 121 }, "term_months value_range"},
		"negative fee":         {func(p *catalog.Plan) { p.Fee = -1 }, "fee money_range"},
		"too much":             {func(p *catalog.Plan) { p.Package = catalog.MaxAmount + 1 }, "package_amount money_range"},
		"minimum of no period": {func(p *catalog.Plan) { p.MinimumPeriod = "" }, "minimum_period value_not_allowed"},
		"half a second":        {func(p *catalog.Plan) { p.MinGrant = 1500 * time.Millisecond }, "min_grant duration_range"},
		"unknown kind":         {func(p *catalog.Plan) { p.Kind = "weekly" }, "kind value_not_allowed"},
		"buyout with a term": {func(p *catalog.Plan) { p.Kind = catalog.Buyout },
			"term_months plan_field_conflict, package_amount plan_field_conflict, minimum plan_field_conflict"},
		"flat with a package": {func(p *catalog.Plan) { p.Kind = catalog.Flat }, "package_amount plan_field_conflict, minimum plan_field_conflict"},
		"everything": {func(p *catalog.Plan) { *p = catalog.Plan{} },
			"code code_invalid, name value_empty, min_grant duration_range, kind value_not_allowed"},
	} {
		p := annual
		c.change(&p)
		if got := problems(p.Validate); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestCustomerAndTarget(t *testing.T) {
	t.Parallel()
	for want, validate := range map[string]func(catalog.Report){
		"": catalog.Customer{Code: "acme", Name: "示例", State: catalog.CustomerActive}.Validate,
		"code code_invalid, name value_too_long, state value_not_allowed":                                                                catalog.Customer{Code: "-x", Name: strings.Repeat("名", 201)}.Validate,
		"phone target_virtual_operator, trunk code_invalid, capacity value_range, ring_timeout duration_range, review value_not_allowed": catalog.Target{Phone: "17012345678", RingTimeout: time.Second}.Validate,
		"phone target_empty": catalog.Target{Trunk: "t", Capacity: 1, Review: catalog.Approved}.Validate,
	} {
		if got := problems(validate); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	good := catalog.Target{Phone: "13800138000", Trunk: "t", Capacity: 1, Review: catalog.Pending, RingTimeout: 25 * time.Second}
	if got := problems(good.Validate); got != "" {
		t.Errorf("a good target: %s", got)
	}
}

func TestTrunk(t *testing.T) {
	t.Parallel()
	one, err := catalog.ParseSource("203.0.113.10")
	if err != nil {
		t.Fatal(err)
	}
	everyone, err := catalog.ParseSource("0.0.0.0/0")
	if err != nil {
		t.Fatal(err)
	}
	to := catalog.Endpoint{Address: netip.MustParseAddrPort("203.0.113.9:5060"), Transport: catalog.TCP}
	for want, trunk := range map[string]catalog.Trunk{
		"":                                     {Code: "a", Inbound: []catalog.Source{one}, Outbound: to},
		"inbound field_missing":                {Code: "a"},
		"inbound[1] address_taken":             {Code: "a", Inbound: []catalog.Source{one, one}},
		"inbound[1] inbound_too_wide":          {Code: "a", Inbound: []catalog.Source{one, everyone}},
		"outbound.transport value_not_allowed": {Code: "a", Outbound: catalog.Endpoint{Address: to.Address, Transport: "sctp"}},
		"code code_invalid, outbound.address endpoint_invalid": {Code: "A", Outbound: catalog.Endpoint{Transport: catalog.UDP}},
	} {
		if got := problems(trunk.Validate); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseSource(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"203.0.113.10":        "203.0.113.10",
		"203.0.113.10/24":     "203.0.113.0/24",
		"203.0.113.10/32":     "203.0.113.10",
		"203.0.113.10:5060":   "203.0.113.10:5060",
		"::ffff:203.0.113.10": "203.0.113.10",
		"2001:db8::1":         "2001:db8::1",
		"2001:db8::1/32":      "2001:db8::/32",
		"[2001:db8::1]:5060":  "[2001:db8::1]:5060",
		"0.0.0.0/0":           "0.0.0.0/0",
	} {
		got, err := catalog.ParseSource(text)
		if err != nil || got.String() != want {
			t.Errorf("ParseSource(%s) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "sip.example.com", "203.0.113", "203.0.113.10/33", "203.0.113.10:0", "203.0.113.10:70000", "fe80::1%eth0", "[fe80::1%eth0]:5060", "::ffff:203.0.113.0/120", "203.0.113.0/24:5060"} {
		if got, err := catalog.ParseSource(text); err == nil {
			t.Errorf("ParseSource(%s) = %s", text, got)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "203.0.113.9", "sip.example.com:5060", "203.0.113.9:0", "0.0.0.0:5060", "[::]:5060", "[fe80::1%eth0]:5060"} {
		if got, err := catalog.ParseEndpoint(text); err == nil {
			t.Errorf("ParseEndpoint(%s) = %s", text, got)
		}
	}
	if got, err := catalog.ParseEndpoint("[::ffff:203.0.113.9]:5060"); err != nil || got.String() != "203.0.113.9:5060" {
		t.Errorf("%s, %v", got, err)
	}
}

// What String writes, ParseSource reads as the same source: stored trunks
// come back as they were.
func TestSourceRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var addr netip.Addr
		if rapid.Bool().Draw(t, "v4") {
			addr = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "a")))
		} else {
			addr = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "a"))).Unmap()
		}
		s := catalog.Source{Port: rapid.Uint16().Draw(t, "port")}
		bits := addr.BitLen()
		if s.Port == 0 {
			bits = rapid.IntRange(0, bits).Draw(t, "bits")
		}
		s.Prefix = netip.PrefixFrom(addr, bits).Masked()
		if s.Prefix.Addr().Is4In6() {
			t.Skip("a range that masks to IPv4-mapped is written as IPv4")
		}
		got, err := catalog.ParseSource(s.String())
		if err != nil || got != s {
			t.Fatalf("%s: %s, %v", s, got, err)
		}
	})
}

func TestIDs(t *testing.T) {
	t.Parallel()
	want := catalog.CustomerID(1 << 50)
	if got, err := catalog.ParseCustomerID(want.String()); err != nil || got != want {
		t.Errorf("%s: %d, %v", want, got, err)
	}
	var prefixes []string
	for _, s := range []fmt.Stringer{catalog.CustomerID(1), catalog.PlanID(1), catalog.TargetID(1), catalog.TrunkID(1)} {
		prefix, _, _ := strings.Cut(s.String(), "_")
		prefixes = append(prefixes, prefix)
	}
	if diff := cmp.Diff([]string{"cus", "plan", "tgt", "trk"}, prefixes); diff != "" {
		t.Error(diff)
	}
}
