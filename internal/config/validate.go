package config

import (
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"sibai/internal/id"
	"sibai/internal/money"
	"slices"
	"strings"
	"time"
)

// Problem is one setting that cannot be used, and how to mend it.
type Problem struct {
	Key, What, Remedy string
}

func (p Problem) String() string { return p.Key + ": " + p.What + ": " + p.Remedy }

// Problems is everything that is wrong with a configuration.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Validate checks every value and reports all that is wrong at once, as
// Problems.
func (c Config) Validate() error {
	var out Problems
	bad := func(key, remedy, format string, args ...any) {
		out = append(out, Problem{Key: key, What: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	if c.Node < 1 || c.Node > id.MaxNode {
		bad("node", "give each node a number of its own, from 1 to 1023", "%d is out of range", c.Node)
	}
	if c.Data == "" {
		bad("data", "name a directory on a local disk", "no data directory")
	}
	if c.Store.URL != "" {
		u, err := url.Parse(c.Store.URL)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || len(u.Path) < 2 {
			bad("store.url", "write it as postgres://user@host/database, or leave it empty for the embedded store", "%s is not the address of a database", c.Store.Shown())
		}
	}
	address := func(key, value string) {
		host, port, err := net.SplitHostPort(value)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil || port == "" || (host != "" && net.ParseIP(host) == nil && host != "localhost") {
			bad(key, "write it as host:port, such as 127.0.0.1:8400", "%q is not an address", value)
		}
	}
	address("http.listen", c.HTTP.Listen)
	if c.Admin.Listen != "" {
		address("admin.listen", c.Admin.Listen)
	}
	if c.API.Listen != "" {
		address("api.listen", c.API.Listen)
	}
	if c.Public.Listen != "" {
		address("public.listen", c.Public.Listen)
	}
	for key, address := range map[string]string{"public.url": c.Public.URL, "http.url": c.HTTP.URL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			bad(key, "write it as https://host, such as https://400.example.com", "%q is not such an address", address)
		}
	}
	if len(c.SIP.Listen) == 0 {
		bad("sip.listen", "name at least one, such as udp:203.0.113.5:5060", "no address for SIP")
	}
	if c.SIP.Advertise != "" {
		if at, err := netip.ParseAddr(c.SIP.Advertise); err != nil || at.IsUnspecified() || at.Zone() != "" {
			bad("sip.advertise", "write the IP address that carriers reach, without a port, such as 203.0.113.5", "%q is not such an address", c.SIP.Advertise)
		}
	}
	for i, listen := range c.SIP.Listen {
		transport, rest, _ := strings.Cut(listen, ":")
		key := fmt.Sprintf("sip.listen[%d]", i)
		if transport != "udp" && transport != "tcp" {
			bad(key, "write it as transport:host:port, such as udp:203.0.113.5:5060", "%q names no transport udp or tcp", listen)
			continue
		}
		address(key, rest)
		if host, _, err := net.SplitHostPort(rest); err == nil && c.SIP.Advertise == "" {
			if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
				bad("sip.advertise", "write the IP address that carriers reach; "+listen+" listens on every address", "it is needed to listen on every address")
			}
		}
	}
	span := func(key string, value, least, most time.Duration) {
		if value < least || value > most {
			bad(key, fmt.Sprintf("set it from %s to %s", least, most), "%s is out of range", value)
		}
	}
	span("sip.t1", c.SIP.T1, 50*time.Millisecond, 5*time.Second)
	span("sip.session_expires", c.SIP.Expires, 90*time.Second, 24*time.Hour)
	span("charging.longest_step", c.Charging.LongestStep, time.Second, 24*time.Hour)
	span("charging.renew", c.Charging.Renew, 100*time.Millisecond, time.Minute)
	span("charging.lease", c.Charging.Lease, time.Second, time.Hour)
	if c.Charging.Lease < 2*c.Charging.Renew {
		bad("charging.lease", "set it to at least twice charging.renew, so that one late renewal loses no call",
			"%s is too short for a renewal every %s", c.Charging.Lease, c.Charging.Renew)
	}
	span("charging.patience", c.Charging.Patience, 100*time.Millisecond, time.Minute)
	if c.Charging.StoreAway != Refuse && c.Charging.StoreAway != Accept {
		bad("charging.store_away", "use refuse or accept", "%q is neither", c.Charging.StoreAway)
	}
	if amount, err := money.Parse(c.Charging.Exposure); err != nil || amount <= 0 || amount > maxExposure {
		bad("charging.exposure", "write an amount in yuan, above 0 and up to 10000, such as 1 or 0.5", "%q is no such amount", c.Charging.Exposure)
	}
	if c.Charging.SpoolMiB < 1 || c.Charging.SpoolMiB > 65536 {
		bad("charging.spool_mib", "set it from 1 to 65536", "%d is out of range", c.Charging.SpoolMiB)
	}
	if _, ok := c.Audit.Time(); !ok && c.Audit.At != "" {
		bad("audit.at", "write hh:mm such as 03:30, or leave it empty", "%q is no time of day", c.Audit.At)
	}
	if c.Billing.Every != 0 {
		span("billing.every", c.Billing.Every, time.Second, 24*time.Hour)
	}
	for _, text := range c.HTTP.Proxies {
		if _, err := Network(text); err != nil {
			bad("http.proxies", "write an address such as 127.0.0.1, or a network such as 10.0.0.0/8", "%q is neither", text)
		}
	}
	span("pay.payable", c.Pay.Payable, time.Minute, 30*24*time.Hour)
	if c.WeChat.Merchant != "" {
		for _, need := range []struct{ key, value string }{
			{"app", c.WeChat.App}, {"serial", c.WeChat.Serial}, {"key_file", c.WeChat.KeyFile}, {"api_key_file", c.WeChat.APIKeyFile},
			{"public_key_file", c.WeChat.PublicKeyFile}, {"public_key_id", c.WeChat.PublicKeyID},
		} {
			if need.value == "" {
				bad("wechat."+need.key, "set it, or leave wechat.merchant empty", "it is needed with wechat.merchant")
			}
		}
		if !strings.HasPrefix(c.Public.URL, "https://") {
			bad("public.url", "set it to the https address of the proxy in front of public.listen, or leave wechat.merchant empty", "WeChat Pay tells of payments over https only")
		}
	}
	if c.OIDC.Issuer != "" {
		if u, err := url.Parse(c.OIDC.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
			bad("oidc.issuer", "write the provider's address, with https", "%q is none", c.OIDC.Issuer)
		}
		if c.OIDC.Client == "" {
			bad("oidc.client", "set it, or leave oidc.issuer empty", "it is needed with oidc.issuer")
		}
	}
	if c.Alipay.App != "" {
		for _, need := range []struct{ key, value string }{
			{"seller", c.Alipay.Seller}, {"key_file", c.Alipay.KeyFile}, {"public_key_file", c.Alipay.PublicKeyFile},
		} {
			if need.value == "" {
				bad("alipay."+need.key, "set it, or leave alipay.app empty", "it is needed with alipay.app")
			}
		}
		for _, way := range c.Alipay.Ways {
			if way != "code" && way != "page" {
				bad("alipay.ways", "write code, page, or both", "%q is no way to pay", way)
			}
		}
		if !strings.HasPrefix(c.Public.URL, "https://") {
			bad("public.url", "set it to the https address of the proxy in front of public.listen, or leave alipay.app empty", "Alipay tells of payments at an address with https")
		}
	}
	span("order.lock", c.Order.Lock, time.Minute, 7*24*time.Hour)
	span("order.documents", c.Order.Documents, time.Hour, 90*24*time.Hour)
	if fee, err := c.Order.Lapse(); err != nil || fee < 0 || fee%money.Fen != 0 {
		bad("order.lapse_fee", "write an amount in yuan, such as 50, or 0 to keep nothing", "%q is no such amount", c.Order.LapseFee)
	}
	span("realname.answer", c.RealName.Answer, time.Hour, 365*24*time.Hour)
	span("realname.vendor_review", c.RealName.VendorReview, time.Minute, 90*24*time.Hour)
	span("realname.carrier_review", c.RealName.CarrierReview, time.Minute, 90*24*time.Hour)
	c.Mail.validate(bad)
	c.SMS.validate(bad)
	span("bank.hold", c.Bank.Hold, 0, 30*24*time.Hour)
	if sum, err := c.Bank.Twice(); err != nil || sum < 0 {
		bad("bank.four_eyes", "write an amount in yuan, such as 50000, or 0 for never", "%q is no such amount", c.Bank.FourEyes)
	}
	if c.Bank.Account != "" && (c.Bank.Holder == "" || c.Bank.Bank == "") {
		bad("bank.holder", "set bank.holder and bank.bank, or leave bank.account empty", "customers need the name and the bank of the account to transfer to it")
	}
	span("stop.grace", c.Stop.Grace, 0, 24*time.Hour)
	if _, err := c.Log.level(); err != nil {
		bad("log.level", "use debug, info, warn or error", "%q is not a level", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format", "use text or json", "%q is not a format", c.Log.Format)
	}
	if len(out) > 0 {
		return out
	}
	return nil
}

// validate checks the settings of a vendor of short messages that is in use.
func (m SMS) validate(bad func(key, remedy, format string, args ...any)) {
	need := map[string]string{"secret_file": m.SecretFile}
	switch m.Provider {
	case "":
		return
	case "aliyun":
		need["key"], need["sign"] = m.Key, m.Sign
	case "tencent":
		need["key"], need["sign"], need["app"] = m.Key, m.Sign, m.App
	case "webhook":
		need["address"] = m.Address
	default:
		bad("sms.provider", "use aliyun, tencent or webhook, or leave it empty", "%q is none of them", m.Provider)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(need)) {
		if need[key] == "" {
			bad("sms."+key, "set it, or leave sms.provider empty", "it is needed with %s", m.Provider)
		}
	}
	if u, err := url.Parse(m.Address); m.Address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		bad("sms.address", "write it as https://host/path", "%q is no address", m.Address)
	}
}

// validate checks the settings of a mail server that is in use.
func (m Mail) validate(bad func(key, remedy, format string, args ...any)) {
	if m.Host == "" {
		return
	}
	if strings.ContainsAny(m.Host, ":/ ") {
		bad("mail.host", "write the name only, such as smtp.example.com; the port stands in mail.port", "%q is not the name of a server", m.Host)
	}
	if m.Port < 1 || m.Port > 65535 {
		bad("mail.port", "set it from 1 to 65535", "%d is out of range", m.Port)
	}
	if m.Security != "starttls" && m.Security != "tls" && m.Security != "none" {
		bad("mail.security", "use starttls, tls or none", "%q is none of them", m.Security)
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		bad("mail.from", "write an address, such as notice@400.example.com, or a name with one in <>", "%q is no sender", m.From)
	}
	if m.User != "" && m.Security == "none" {
		bad("mail.user", "use starttls or tls, or no sign-in", "its password would go over the network in plain")
	}
	if m.User != "" && m.PasswordFile == "" {
		bad("mail.password_file", "name the file that has the password of mail.user", "no password")
	}
}
