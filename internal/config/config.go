package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"sibai/internal/money"
)

// Config is the settings of one process. The doc tags are the manual: they
// become docs/config.md and the comments of `sibai config`.
type Config struct {
	Node int    `koanf:"node" doc:"Number of this node, 1 to 1023. Nodes that share a store each need their own."`
	Data string `koanf:"data" doc:"Data directory: the embedded store and what belongs to it. On a local disk, for one process at a time."`

	Store     Store     `koanf:"store"`
	HTTP      HTTP      `koanf:"http"`
	Public    Public    `koanf:"public"`
	Shop      Shop      `koanf:"shop"`
	Admin     Admin     `koanf:"admin"`
	API       API       `koanf:"api"`
	SIP       SIP       `koanf:"sip"`
	Charging  Charging  `koanf:"charging"`
	Billing   Billing   `koanf:"billing"`
	Pay       Pay       `koanf:"pay"`
	WeChat    WeChat    `koanf:"wechat"`
	Alipay    Alipay    `koanf:"alipay"`
	OIDC      OIDC      `koanf:"oidc"`
	Order     Order     `koanf:"order"`
	Documents Documents `koanf:"documents"`
	RealName  RealName  `koanf:"realname"`
	Identity  Identity  `koanf:"identity"`
	Mail      Mail      `koanf:"mail"`
	SMS       SMS       `koanf:"sms"`
	Bank      Bank      `koanf:"bank"`
	Webhook   Webhook   `koanf:"webhook"`
	Audit     Audit     `koanf:"audit"`
	Log       Log       `koanf:"log"`
	Stop      Stop      `koanf:"stop"`
}

// Store is where everything is kept.
type Store struct {
	URL string `koanf:"url" doc:"Address of a PostgreSQL 15 to 17 database that nodes share, postgres://user@host/database. Empty: the embedded store in the data directory. The password may stand in PGPASSWORD or ~/.pgpass instead."`
}

// Shown is the address without its password.
func (s Store) Shown() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return "(an address that cannot be read)"
	}
	return u.Redacted()
}

// HTTP is the face for people.
type HTTP struct {
	Listen string `koanf:"listen" doc:"Address of the operator's pages, host:port: the live page, which has no sign-in, and the office. Keep it on a private network."`
	URL    string `koanf:"url" doc:"What links to the operator's pages start with, as staff see it, such as https://office.example.com. Empty: http:// and http.listen."`
	// Proxies are networks.
	Proxies []string `koanf:"proxies" doc:"Addresses or networks of the proxies in front of http.listen, public.listen and api.listen, such as 127.0.0.1 or 10.0.0.0/8. What they say in X-Forwarded-For is whom requests come from, for limits and traces. Empty: none is trusted, and all requests through a proxy count as the proxy's."`
}

// Network reads an address or a network.
func Network(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// Public is the face for customers, apart from the operator's pages, which have
// no sign-in.
type Public struct {
	Listen string `koanf:"listen" doc:"Address of the pages that customers reach, and of notifications of payment providers, host:port. It speaks plain HTTP: let a proxy in front of it do TLS. Empty switches it off."`
	URL    string `koanf:"url" doc:"What links to these pages start with, as customers see it, such as https://400.example.com. Empty: http:// and public.listen."`
}

// Shop is what customers choose from on the pages at public.listen.
type Shop struct {
	Plans      []string `koanf:"plans" doc:"Codes of the plans that are sold, in the order in which they are shown. Empty: all of them."`
	CostTariff string   `koanf:"cost_tariff" doc:"Code of the tariff at which the carrier bills you. Plans are held against it: one whose calls would cost more than it takes is not offered for them. Empty: none is."`
	Contact    string   `koanf:"contact" doc:"How customers reach you, in words, such as a telephone number: shown where somebody must help them."`
}

// Admin is the port for machines that watch over the node.
type Admin struct {
	Listen string `koanf:"listen" doc:"Address of /metrics, /debug/pprof, /healthz and /readyz, host:port. Keep it local: it has no sign-in. Empty switches it off."`
}

// API is the face for other programs.
type API struct {
	Listen string `koanf:"listen" doc:"Address of the HTTP/JSON API under /api/, host:port, such as 127.0.0.1:8402. It speaks plain HTTP: let a proxy in front of it do TLS. Empty switches it off."`
}

// SIP is the face for carriers and phones.
type SIP struct {
	Listen    []string      `koanf:"listen" doc:"Addresses for SIP, transport:host:port, transport udp or tcp."`
	Advertise string        `koanf:"advertise" doc:"IP address that Via and Contact name when it is not the bound one: behind NAT, or when listening on every address. Empty: the bound address."`
	T1        time.Duration `koanf:"t1" doc:"Round-trip estimate of RFC 3261 §17, the base of all SIP timers."`
	Expires   time.Duration `koanf:"session_expires" doc:"How long a party may be silent before its call ends: the session timer (RFC 4028) that is offered."`
}

// Charging is how credit is granted and kept.
type Charging struct {
	BonusFirst  bool          `koanf:"bonus_first" doc:"Whether bonus is used before cash. The package is always first."`
	LongestStep time.Duration `koanf:"longest_step" doc:"The most time that one extension adds to a running call."`
	Lease       time.Duration `koanf:"lease" doc:"How long a hold outlives the last sign of life of its node before it is settled in its place."`
	Renew       time.Duration `koanf:"renew" doc:"How often a node shows that its calls live; what a crash can leave uncharged of a call."`
	Patience    time.Duration `koanf:"patience" doc:"How long a new call waits for the store before it is refused, and a call that ended before it is kept in the spool of the data directory."`
	StoreAway   string        `koanf:"store_away" doc:"What happens to new calls while the store is away: refuse, or accept up to charging.exposure."`
	Exposure    string        `koanf:"exposure" doc:"With store_away: accept, what this node may risk on each account, in yuan. It is charged when the store is back, below zero if need be."`
	SpoolMiB    int           `koanf:"spool_mib" doc:"How large the spool may grow, in MiB: about 700 calls each."`
}

// What new calls get while the store is away.
const (
	Refuse = "refuse"
	Accept = "accept"
)

// maxExposure bounds what a node may risk on one account.
const maxExposure = 10_000 * money.Yuan

// Risk is what the node may risk on each account while the store is away; 0
// while new calls are refused then.
func (c Charging) Risk() (money.Amount, error) {
	amount, err := money.Parse(c.Exposure)
	if err != nil || c.StoreAway != Accept {
		return 0, err
	}
	return amount, nil
}

// Billing is what is taken without a call: fees, minimum consumption, expiry,
// and what becomes of customers who do not pay.
type Billing struct {
	Every time.Duration `koanf:"every" doc:"How often it is looked for what is due. Of several nodes on one store one does it at a time. 0s: this node never does."`
}

// Pay is how customers pay.
type Pay struct {
	Sandbox bool          `koanf:"sandbox" doc:"Whether the sandbox takes payments, in which no money moves. For demonstrations and tests only: who has a link can top up for nothing."`
	Payable time.Duration `koanf:"payable" doc:"How long a payment can be made after it was asked for."`
}

// WeChat is the merchant to whom customers pay over WeChat Pay. Keys are in
// files, so that no setting that is shown or logged has one.
type WeChat struct {
	Merchant      string `koanf:"merchant" doc:"Merchant number (商户号) at WeChat Pay. Empty: nobody pays over it. All other wechat settings but wechat.address are needed with it, and public.url with https."`
	App           string `koanf:"app" doc:"APPID that is bound to the merchant."`
	Serial        string `koanf:"serial" doc:"Serial number of the merchant's API certificate."`
	KeyFile       string `koanf:"key_file" doc:"File with the private key of that certificate, apiclient_key.pem."`
	APIKeyFile    string `koanf:"api_key_file" doc:"File with the API v3 key, 32 bytes."`
	PublicKeyFile string `koanf:"public_key_file" doc:"File with the public key of WeChat Pay, pub_key.pem, or with its platform certificate."`
	PublicKeyID   string `koanf:"public_key_id" doc:"ID of that public key, PUB_KEY_ID_…, or the serial number of that certificate."`
	Address       string `koanf:"address" doc:"Address of the API. Empty: https://api.mch.weixin.qq.com."`
}

// Alipay is the merchant to whom customers pay over Alipay. Keys are in files, so
// that no setting that is shown or logged has one.
type Alipay struct {
	App           string   `koanf:"app" doc:"APPID of the application at Alipay's open platform. Empty: nobody pays over it. All other alipay settings but alipay.ways and alipay.address are needed with it, and public.url with https."`
	Seller        string   `koanf:"seller" doc:"PID of the merchant, 2088…."`
	KeyFile       string   `koanf:"key_file" doc:"File with the application's private key (应用私钥), of 2048 bits for RSA2."`
	PublicKeyFile string   `koanf:"public_key_file" doc:"File with Alipay's public key (支付宝公钥), as the platform shows it after the application's was handed in."`
	Ways          []string `koanf:"ways" doc:"How customers pay: code (当面付), a code that they scan; page (电脑网站支付), a page at Alipay; or both."`
	Address       string   `koanf:"address" doc:"Address of the gateway. Empty: https://openapi.alipay.com/gateway.do."`
}

// OIDC is an OpenID provider of the operator's, by which staff sign in.
type OIDC struct {
	Issuer     string `koanf:"issuer" doc:"Issuer of the OpenID provider by which staff sign in, such as https://login.example.com/realms/staff. Empty: by password alone. oidc.client is needed with it."`
	Client     string `koanf:"client" doc:"Client id there. Its redirect address is http.url with /office/signin/sso/back."`
	SecretFile string `koanf:"secret_file" doc:"File with the client's secret. Empty: a public client, by PKCE alone."`
	Name       string `koanf:"name" doc:"What the button says, such as 企业微信. Empty: the issuer's host."`
	Claim      string `koanf:"claim" doc:"The claim with what staff sign in with: email, which must be verified, or phone_number, or another one."`
}

// Order is how numbers are ordered.
type Order struct {
	Lock      time.Duration `koanf:"lock" doc:"How long the numbers of an order wait for signature and payment. Then they are for sale again."`
	Documents time.Duration `koanf:"documents" doc:"How long a paid order waits for documents. Then its numbers are for sale again, and the payment goes back less order.lapse_fee."`
	LapseFee  string        `koanf:"lapse_fee" doc:"What is kept of an order that lapsed for want of documents, in yuan."`
	Trunk     string        `koanf:"trunk" doc:"Code of the trunk by which the phones of newly opened numbers are reached. Without it no order can open."`
	Contract  string        `koanf:"contract" doc:"File with a template of contracts of your own. Empty: the one in the program. docs/orders.md describes it."`
	ShowCodes bool          `koanf:"show_codes" doc:"Whether the one-time code for a signature is shown on the page instead of being sent. For demonstrations and tests only: anybody can sign."`
}

// Lapse is LapseFee as an amount.
func (o Order) Lapse() (money.Amount, error) { return money.Parse(o.LapseFee) }

// Documents is where documents of persons are kept, sealed.
type Documents struct {
	Folder  string `koanf:"folder" doc:"Folder of the sealed documents; nodes that share a store need to share it. Empty: documents, in the data directory."`
	KeyFile string `koanf:"key_file" doc:"File of the master keys, the newest first. Without it no document can be read: keep a copy apart from those of the store and the documents. Empty: documents.key, in the data directory."`
	Scan    string `koanf:"scan" doc:"Malware scanner and its arguments, such as clamdscan --no-summary -, which gets each new document on its standard input and ends with status 1 for a bad one. Empty: documents are not scanned."`
}

// Identity is how people sign in.
type Identity struct {
	StaffTOTP bool `koanf:"staff_totp" doc:"Whether staff need an authenticator app beside the password. Who has none yet is led to set it up before anything else opens."`
}

// RealName is how long the steps of real-name verification may take.
type RealName struct {
	Answer        time.Duration `koanf:"answer" doc:"How long a customer may take to hand documents in, and again when they are asked for again."`
	VendorReview  time.Duration `koanf:"vendor_review" doc:"How long the first review may take before it is called late."`
	CarrierReview time.Duration `koanf:"carrier_review" doc:"How long the carrier's review may take before it is called late."`
	CarrierFolder string        `koanf:"carrier_folder" doc:"Folder by which files are exchanged with the carrier: out, in, done and bad. What lies in out has documents in plain. Empty: the carrier's review is entered by hand."`
}

// Mail is the mail server by which customers are told what they should know.
type Mail struct {
	Host         string `koanf:"host" doc:"Mail server that takes the e-mails to customers, SMTP. Empty: none are sent; those that would be wait in sibai outbox."`
	Port         int    `koanf:"port" doc:"Its port: 587 for starttls, 465 for tls, as a rule."`
	Security     string `koanf:"security" doc:"starttls, tls (from the first byte) or none. With none everybody on the way can read along."`
	User         string `koanf:"user" doc:"Name to sign in with. Empty: no sign-in."`
	PasswordFile string `koanf:"password_file" doc:"File with the password of mail.user, on one line."`
	CAFile       string `koanf:"ca_file" doc:"File with the certificates (PEM) of who signs the mail server's. Empty: those that the system trusts."`
	From         string `koanf:"from" doc:"Sender, an address or a name with one, such as 四百 <notice@400.example.com>."`
}

// SMS is the vendor of short messages, for one-time codes and invitations.
type SMS struct {
	Provider   string `koanf:"provider" doc:"Who sends short messages: aliyun, tencent or webhook. Empty: none are sent, and one-time codes go by e-mail."`
	Address    string `koanf:"address" doc:"Where the webhook is, https://…; else empty for the vendor's own address."`
	Key        string `koanf:"key" doc:"AccessKey ID of Aliyun, or SecretId of Tencent Cloud."`
	SecretFile string `koanf:"secret_file" doc:"File with the secret of sms.key, or that the webhook's signatures are made with, on one line."`
	Sign       string `koanf:"sign" doc:"Signature (签名) that the vendor approved, without its brackets."`
	App        string `koanf:"app" doc:"SdkAppId of Tencent Cloud."`
	Region     string `koanf:"region" doc:"Region of Tencent Cloud. Empty: ap-guangzhou."`
	CodeSign   string `koanf:"code_sign" doc:"Template that the vendor approved for the code of a signature, such as SMS_154950909. After a colon the places that it has, of code and minutes, in its order: SMS_154950909:code. Empty: such codes go by e-mail."`
	CodeSignIn string `koanf:"code_sign_in" doc:"The same for the code that members sign in with."`
	CodeRing   string `koanf:"code_ring" doc:"The same for the code that shows that a phone may ring for a 400 number."`
	Invitation string `koanf:"invitation" doc:"The same for invitations, of name, company and link. Vendors rarely approve links; empty: who invites passes the link on."`
	Notices    string `koanf:"notices" doc:"The same for notices, with spaces between: low_balance=SMS_1:balance order_opened=SMS_2. The kinds are those of sibai notices; all=x is for every kind that is not named, with a webhook. Empty: notices go by e-mail only."`
}

// Bank is the operator's account at a bank, to which customers transfer.
type Bank struct {
	Holder   string        `koanf:"holder" doc:"Name of the account (户名)."`
	Bank     string        `koanf:"bank" doc:"Bank and branch (开户行)."`
	Account  string        `koanf:"account" doc:"Number of the account to which customers transfer. Empty: they cannot pay by bank."`
	Hold     time.Duration `koanf:"hold" doc:"How much longer the numbers of an order stay locked once a transfer is claimed for it."`
	FourEyes string        `koanf:"four_eyes" doc:"Sum in yuan from which a second person must approve a transfer. 0: never."`
}

// Twice is FourEyes as an amount.
func (b Bank) Twice() (money.Amount, error) { return money.Parse(b.FourEyes) }

// Webhook is how customers' own programs are told.
type Webhook struct {
	Private bool `koanf:"private" doc:"Whether webhooks may go to private networks, and over http. Off: only https to addresses on the internet, so that no customer has a node ask its own network."`
}

// Audit is the nightly look at the books.
type Audit struct {
	At string `koanf:"at" doc:"Time of day in Asia/Shanghai, hh:mm, at which the books are audited, while calls go on. Of several nodes on one store one does it. Empty: no node of these settings does."`
}

// Time is At as the time since midnight; ok is false when it is empty or no
// time of day.
func (a Audit) Time() (at time.Duration, ok bool) {
	t, err := time.Parse("15:04", a.At)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

// Log is what the process writes about itself.
type Log struct {
	Level  string `koanf:"level" doc:"debug, info, warn or error."`
	Format string `koanf:"format" doc:"text or json."`
}

// Stop is how the process ends.
type Stop struct {
	Grace time.Duration `koanf:"grace" doc:"After SIGTERM no new call is taken; calls that still run after this time are ended and settled."`
}

// Default is the configuration of a process that was told nothing.
func Default() Config {
	return Config{
		Node: 1, Data: "data",
		HTTP:     HTTP{Listen: "127.0.0.1:8400", Proxies: []string{}},
		Admin:    Admin{Listen: "127.0.0.1:8401"},
		SIP:      SIP{Listen: []string{"udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"}, T1: 500 * time.Millisecond, Expires: 30 * time.Minute},
		Charging: Charging{BonusFirst: true, LongestStep: 10 * time.Minute, Lease: 30 * time.Second, Renew: 5 * time.Second, Patience: 2 * time.Second, StoreAway: Refuse, Exposure: "1", SpoolMiB: 256},
		Billing:  Billing{Every: 10 * time.Minute},
		Shop:     Shop{Plans: []string{}},
		Pay:      Pay{Payable: 2 * time.Hour},
		Order:    Order{Lock: 30 * time.Minute, Documents: 15 * 24 * time.Hour, LapseFee: "0"},
		RealName: RealName{Answer: 15 * 24 * time.Hour, VendorReview: 4 * time.Hour, CarrierReview: 72 * time.Hour},
		OIDC:     OIDC{Claim: "email"},
		Alipay:   Alipay{Ways: []string{"code"}},
		Mail:     Mail{Port: 587, Security: "starttls"},
		Bank:     Bank{Hold: 72 * time.Hour, FourEyes: "50000"},
		Audit:    Audit{At: "03:30"},
		Log:      Log{Level: "info", Format: "text"},
		Stop:     Stop{Grace: 30 * time.Second},
	}
}

// Link is what links to the pages for customers start with, those pages being
// at an address; without a slash at its end.
func (p Public) Link(address string) string { return linkBase(p.URL, address) }

// Link is what links to the operator's pages start with; address is where they
// are served.
func (h HTTP) Link(address string) string { return linkBase(h.URL, address) }

func linkBase(url, address string) string {
	if url != "" {
		return strings.TrimRight(url, "/")
	}
	return "http://" + address
}

// Database is the path of the embedded store.
func (c Config) Database() string { return filepath.Join(c.Data, "sibai.db") }

// DocumentFolder is where sealed documents lie.
func (c Config) DocumentFolder() string {
	if c.Documents.Folder != "" {
		return c.Documents.Folder
	}
	return filepath.Join(c.Data, "documents")
}

// DocumentKeys is the file of the master keys.
func (c Config) DocumentKeys() string {
	if c.Documents.KeyFile != "" {
		return c.Documents.KeyFile
	}
	return filepath.Join(c.Data, "documents.key")
}

func (l Log) level() (level slog.Level, err error) {
	switch l.Level {
	case "debug", "info", "warn", "error":
		err = level.UnmarshalText([]byte(l.Level))
		return level, err
	}
	return 0, fmt.Errorf("unknown level %q", l.Level)
}

// Handler makes the slog handler that the settings ask for.
func (l Log) Handler(w interface{ Write([]byte) (int, error) }) slog.Handler {
	level, err := l.level()
	if err != nil {
		level = slog.LevelInfo // Validate refused it already
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}
