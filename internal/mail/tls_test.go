package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"sibai/internal/mail"
	"sibai/internal/notify"
	"sibai/test/smtpsink"
)

// authority signs certificates of servers.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// server makes the certificate of an address that ends at an instant.
func (a authority) server(t *testing.T, address string, ends time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: address}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: ends, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Over STARTTLS and over TLS from the first byte a mail goes to a server whose
// certificate is from who is trusted, is for its address and holds, and a sign-in with
// it. Any other server gets neither the mail nor the password, and it is tried again:
// a certificate can be mended.
func TestCertificates(t *testing.T) {
	t.Parallel()
	ours, theirs := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	for _, security := range []string{"starttls", "tls"} {
		for name, c := range map[string]struct {
			cert tls.Certificate
			ok   bool
		}{
			"right":         {ours.server(t, "127.0.0.1", soon), true},
			"of others":     {theirs.server(t, "127.0.0.1", soon), false},
			"other address": {ours.server(t, "127.0.0.2", soon), false},
			"over":          {ours.server(t, "127.0.0.1", time.Now().Add(-time.Hour)), false},
		} {
			t.Run(security+" "+name, func(t *testing.T) {
				t.Parallel()
				sink := smtpsink.StartTLS(t, c.cert, security == "tls")
				m, err := mail.New(mail.Config{
					Host: sink.Host, Port: sink.Port, Security: security, User: "notice", Password: "s3cret", From: "notice@400.example", Roots: ours.pool(),
				})
				if err != nil {
					t.Fatal(err)
				}
				err = m.Send(t.Context(), about)
				var refused *notify.Refusal
				if (err == nil) != c.ok || errors.As(err, &refused) {
					t.Errorf("%v, for good %v", err, refused != nil)
				}
				select {
				case got := <-sink.Mails():
					if !c.ok || !got.Secure || got.To != about.To || got.User != "\x00notice\x00s3cret" {
						t.Errorf("the server got %+v", got)
					}
				default:
					if c.ok {
						t.Error("the server got nothing")
					}
				}
			})
		}
	}
}
