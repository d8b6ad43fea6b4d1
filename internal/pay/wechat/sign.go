package wechat

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sibai/internal/fault"
)

// The headers of what WeChat Pay signs.
const (
	headerSerial    = "Wechatpay-Serial"
	headerSignature = "Wechatpay-Signature"
	headerTime      = "Wechatpay-Timestamp"
	headerNonce     = "Wechatpay-Nonce"
)

// skew is how far the time of a signature may be from ours: what is older was
// recorded and is played again.
const skew = 5 * time.Minute

// lines joins what is signed, each part ended by a line feed.
func lines(parts ...string) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		b.WriteString(p)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// sign is SHA256 with RSA (RFC 8017 §8.2) in Base64.
func sign(key *rsa.PrivateKey, message []byte) (string, error) {
	sum := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(signature), err
}

// authorization is the header of a request.
func (p *Provider) authorization(method, target string, body []byte) (string, error) {
	stamp, nonce := strconv.FormatInt(p.now().Unix(), 10), rand.Text()
	signature, err := sign(p.key, lines(method, target, stamp, nonce, string(body)))
	if err != nil {
		return "", fault.Wrap(err, fault.Internal)
	}
	return `WECHATPAY2-SHA256-RSA2048 mchid="` + p.set.Merchant + `",nonce_str="` + nonce + `",signature="` + signature +
		`",timestamp="` + stamp + `",serial_no="` + p.set.Serial + `"`, nil
}

// genuine reports whether WeChat Pay signed a body, now.
func (p *Provider) genuine(h http.Header, body []byte) error {
	stamp := h.Get(headerTime)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fault.Wrap(err, fault.NotificationForged)
	}
	signature, err := base64.StdEncoding.DecodeString(h.Get(headerSignature))
	if err != nil {
		return fault.Wrap(err, fault.NotificationForged)
	}
	if apart := p.now().Sub(time.Unix(seconds, 0)); apart > skew || apart < -skew {
		return fault.Wrap(errors.New("signed at "+stamp+", too far from now"), fault.NotificationForged)
	}
	if id := h.Get(headerSerial); id != p.set.PublicKeyID {
		return fault.Wrap(errors.New("signed with the key "+strconv.Quote(id)+", not with wechat.public_key_id"), fault.NotificationForged)
	}
	sum := sha256.Sum256(lines(stamp, h.Get(headerNonce), string(body)))
	if err := rsa.VerifyPKCS1v15(p.public, crypto.SHA256, sum[:], signature); err != nil {
		return fault.Wrap(err, fault.NotificationForged)
	}
	return nil
}

// open decrypts what a notification seals with the API v3 key.
func open(key []byte, nonce, associated, ciphertext string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(nonce) != gcm.NonceSize() {
		return nil, errors.New("the nonce has " + strconv.Itoa(len(nonce)) + " bytes")
	}
	return gcm.Open(nil, []byte(nonce), sealed, []byte(associated))
}

// privateKey reads the merchant's key, as WeChat Pay's tool writes it (PKCS 8)
// or as openssl does (PKCS 1).
func privateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is no PEM file")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("this is no private key") // its bytes are not for the log
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("this is no RSA key")
	}
	return key, nil
}

// publicKey reads WeChat Pay's key, which comes as such or as a certificate.
func publicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is no PEM file")
	}
	var parsed any
	if block.Type == "CERTIFICATE" {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		parsed = certificate.PublicKey
	} else {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		parsed = key
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("this is no RSA key")
	}
	return key, nil
}
