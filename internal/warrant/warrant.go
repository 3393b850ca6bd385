// Package warrant signs what a survey may touch, so that a worker on another
// machine can tell the word of the survey's leader from that of whoever else can
// write to the store. It knows keys and bytes, and decides nothing.
package warrant

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// The beginnings of keys in text form.
const (
	privatePrefix = "leadglass-private-key-1:"
	publicPrefix  = "leadglass-key-1:"
)

// Key is a leader's private key (Ed25519, RFC 8032).
type Key struct{ private ed25519.PrivateKey }

// PublicKey is what workers are given of a Key.
type PublicKey struct{ public ed25519.PublicKey }

// NewKey makes a key.
func NewKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("making a key: %w", err)
	}
	return Key{private}, nil
}

// Text is the key in the form that ParseKey reads: a secret.
func (k Key) Text() string {
	return privatePrefix + base64.RawStdEncoding.EncodeToString(k.private.Seed()) + "\n"
}

// Public is the key for workers.
func (k Key) Public() PublicKey { return PublicKey{k.private.Public().(ed25519.PublicKey)} }

// String is the key in the form that ParsePublic reads.
func (k PublicKey) String() string {
	return publicPrefix + base64.RawStdEncoding.EncodeToString(k.public)
}

// ParseKey reads a private key. Its errors hold nothing of the text.
func ParseKey(text string) (Key, error) {
	seed, err := decode(text, privatePrefix, ed25519.SeedSize)
	if err != nil {
		return Key{}, errors.New("is no private key; `leadglass scope key FILE` makes one")
	}
	return Key{ed25519.NewKeyFromSeed(seed)}, nil
}

// ParsePublic reads a public key.
func ParsePublic(text string) (PublicKey, error) {
	if strings.HasPrefix(strings.TrimSpace(text), privatePrefix) {
		return PublicKey{}, errors.New("is a private key; give the public one, which `leadglass scope key FILE` prints, and make a new pair where others have seen this")
	}
	public, err := decode(text, publicPrefix, ed25519.PublicKeySize)
	if err != nil {
		return PublicKey{}, errors.New("is no public key; `leadglass scope key FILE` prints it")
	}
	return PublicKey{public}, nil
}

func decode(text, prefix string, size int) ([]byte, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), prefix)
	b, err := base64.RawStdEncoding.Strict().DecodeString(rest)
	if !ok || err != nil || len(b) != size {
		return nil, errors.New("no key")
	}
	return b, nil
}

// Seal signs what bounds a survey: its ID, the text of its scope, and m without
// its seal.
func (k Key) Seal(surveyID, scope string, m survey.Mandate) (string, error) {
	b, err := content(surveyID, scope, m)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(ed25519.Sign(k.private, b)), nil
}

// Verify reports whether the seal of m is that of the key for this survey.
func (k PublicKey) Verify(surveyID, scope string, m survey.Mandate) bool {
	b, err := content(surveyID, scope, m)
	if err != nil || len(k.public) != ed25519.PublicKeySize {
		return false
	}
	seal, err := base64.RawStdEncoding.Strict().DecodeString(m.Seal)
	return err == nil && ed25519.Verify(k.public, b, seal)
}

// content is what is signed: each part behind its length, so that no two
// mandates have the same.
func content(surveyID, scope string, m survey.Mandate) ([]byte, error) {
	pins, err := json.Marshal(m.Pins)
	if err != nil {
		return nil, fmt.Errorf("the addresses of names: %w", err)
	}
	titles, err := json.Marshal(m.Titles)
	if err != nil {
		return nil, fmt.Errorf("the called AE titles: %w", err)
	}
	b := []byte("leadglass warrant 1\n")
	for _, part := range [][]byte{[]byte(surveyID), []byte(scope), m.Exclusions, pins, titles} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return slices.Clip(b), nil
}
