package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"sibai/internal/fault"
)

// A header is version 1, the master key's name, a nonce, and the wrapped key,
// in base 64.
const (
	headerVersion = 1
	nonceSize     = 12
	tagSize       = 16
	headerSize    = 1 + 8 + nonceSize + keySize + tagSize
)

// gcm makes the cipher of a key; its length is right, so nothing can fail.
func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// wrap seals a document's key by the newest master key.
func wrap(m master, what string, key []byte) (string, error) {
	box, err := gcm(m.key[:])
	if err != nil {
		return "", err
	}
	header := make([]byte, 1+8+nonceSize, headerSize)
	header[0] = headerVersion
	copy(header[1:], m.name[:])
	if _, err := rand.Read(header[9:]); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(box.Seal(header, header[9:], key, []byte(what))), nil
}

// unwrap opens a header.
func unwrap(keys []master, what, header string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(header)
	if err != nil || len(raw) != headerSize || raw[0] != headerVersion {
		return nil, fault.New(fault.VaultBroken, "what", what)
	}
	for _, m := range keys {
		if string(raw[1:9]) != string(m.name[:]) {
			continue
		}
		box, err := gcm(m.key[:])
		if err != nil {
			return nil, err
		}
		key, err := box.Open(nil, raw[9:9+nonceSize], raw[9+nonceSize:], []byte(what))
		if err != nil {
			return nil, fault.Wrap(err, fault.VaultBroken, "what", what)
		}
		return key, nil
	}
	return nil, fault.New(fault.VaultKeyWrong, "key", fmt.Sprintf("%x", raw[1:9]))
}

// sealWith seals data by a document's own key; what it is goes into the tag, so
// that one cannot be put in the place of another.
func sealWith(key []byte, what string, data []byte) ([]byte, error) {
	box, err := gcm(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceSize, nonceSize+len(data)+tagSize)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return box.Seal(nonce, nonce, data, []byte(what)), nil
}

func openWith(key []byte, what string, data []byte) ([]byte, error) {
	box, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if len(data) < nonceSize {
		return nil, fault.New(fault.VaultBroken, "what", what)
	}
	out, err := box.Open(nil, data[:nonceSize], data[nonceSize:], []byte(what))
	if err != nil {
		return nil, fault.Wrap(err, fault.VaultBroken, "what", what)
	}
	return out, nil
}

// Seal makes a text unreadable without the master key. what names it: Open must
// say the same.
func (v *Vault) Seal(what string, text []byte) (header, body string, err error) {
	header, key, err := v.newKey(what)
	if err != nil {
		return "", "", err
	}
	sealed, err := sealWith(key, what, text)
	return header, base64.StdEncoding.EncodeToString(sealed), err
}

// Open reads what Seal wrote.
func (v *Vault) Open(what, header, body string) ([]byte, error) {
	keys, err := v.keys.keys()
	if err != nil {
		return nil, err
	}
	key, err := unwrap(keys, what, header)
	if err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil, fault.Wrap(err, fault.VaultBroken, "what", what)
	}
	return openWith(key, what, sealed)
}

// Rewrap wraps a header by the newest master key; changed is false when it is
// already.
func (v *Vault) Rewrap(what, header string) (again string, changed bool, err error) {
	keys, err := v.keys.keys()
	if err != nil {
		return "", false, err
	}
	key, err := unwrap(keys, what, header)
	if err != nil {
		return "", false, err
	}
	raw, err := base64.StdEncoding.DecodeString(header)
	if err != nil || string(raw[1:9]) == string(keys[0].name[:]) {
		return header, false, err
	}
	again, err = wrap(keys[0], what, key)
	return again, err == nil, err
}

func (v *Vault) newKey(what string) (header string, key []byte, err error) {
	keys, err := v.keys.keys()
	if err != nil {
		return "", nil, err
	}
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return "", nil, err
	}
	header, err = wrap(keys[0], what, key)
	return header, key, err
}
