package alipay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// signed is what is signed of fields: those that are not empty, sorted, as
// name=value with & between. Fields that are left out are named.
func signed(form url.Values, but ...string) []byte {
	var parts []string
	for name, values := range form {
		if len(values) > 0 && values[0] != "" && !slices.Contains(but, name) {
			parts = append(parts, name+"="+values[0])
		}
	}
	slices.Sort(parts)
	return []byte(strings.Join(parts, "&"))
}

// sign is SHA256 with RSA (RFC 8017 §8.2) in Base64.
func (p *Provider) sign(message []byte) (string, error) {
	sum := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(signature), err
}

// genuine reports whether Alipay signed a message.
func (p *Provider) genuine(message []byte, signature string) error {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(message)
	return rsa.VerifyPKCS1v15(p.public, crypto.SHA256, sum[:], raw)
}

// der is what a key file has: PEM, or the Base64 alone, as Alipay's tools write it.
func der(file []byte) ([]byte, error) {
	if block, _ := pem.Decode(file); block != nil {
		return block.Bytes, nil
	}
	text := strings.Join(strings.Fields(string(file)), "")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil, errors.New("it is neither PEM nor a key in Base64")
	}
	return raw, nil
}

func privateKey(file []byte) (*rsa.PrivateKey, error) {
	raw, err := der(file)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParsePKCS1PrivateKey(raw); err == nil {
		return strong(key)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, errors.New("it is no private key")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no RSA key")
	}
	return strong(key)
}

// strong refuses keys for which RSA2 was not made.
func strong(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if key.N.BitLen() < 2048 {
		return nil, errors.New("a key for RSA2 has 2048 bits")
	}
	return key, nil
}

func publicKey(file []byte) (*rsa.PublicKey, error) {
	raw, err := der(file)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		return nil, errors.New("it is no public key")
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 {
		return nil, errors.New("it is no RSA key of 2048 bits")
	}
	return key, nil
}
