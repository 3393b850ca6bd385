// Package seal encrypts what only one recipient may read: to OpenPGP keys, or
// to age recipients. It refuses keys that are expired, revoked or otherwise of
// no use, and writes nothing but ciphertext.
//
// It knows neither surveys nor recipients, only keys and bytes.
package seal

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// Methods of encryption.
const (
	OpenPGP = "openpgp"
	Age     = "age"
)

// maxKeyFile bounds a key file, in bytes; keys with very many signatures are
// some hundred kilobytes long.
const maxKeyFile = 4 << 20

// Key encrypts to everybody who holds one of the secret keys.
type Key struct {
	// Method is OpenPGP or Age.
	Method string
	// Names are the fingerprints of the OpenPGP keys in upper case
	// hexadecimal digits, or the age recipients.
	Names []string

	ring *crypto.KeyRing
	ages []age.Recipient
}

// Extension is how the name of a file encrypted to k ends: ".pgp", ".age".
func (k *Key) Extension() string {
	if k.Method == Age {
		return ".age"
	}
	return ".pgp"
}

// OpenPGPFiles reads OpenPGP public keys, one or more a file, armoured or binary.
// Each must be usable for encryption at the moment now.
func OpenPGPFiles(paths []string, now time.Time) (*Key, error) {
	ring, err := crypto.NewKeyRing(nil)
	if err != nil {
		return nil, fmt.Errorf("making a key ring: %w", err)
	}
	k := &Key{Method: OpenPGP, ring: ring}
	for _, path := range paths {
		keys, err := readKeys(path, now)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if err := usable(key, now); err != nil {
				return nil, fmt.Errorf("%s: the key %s %w", path, fingerprint(key), err)
			}
			if err := ring.AddKey(key); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			k.Names = append(k.Names, fingerprint(key))
		}
	}
	if len(k.Names) == 0 {
		return nil, errors.New("no OpenPGP key is given")
	}
	return k, nil
}

func fingerprint(key *crypto.Key) string { return strings.ToUpper(key.GetFingerprint()) }

// AgeRecipients takes native age recipients ("age1…", "age1pq1…").
func AgeRecipients(recipients []string) (*Key, error) {
	k := &Key{Method: Age}
	for _, text := range recipients {
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(parsed) != 1 {
			// The library's message would repeat the text, which may be a
			// secret key by mistake.
			return nil, errors.New("not an age recipient; it begins with age1 and is what age-keygen prints as the public key")
		}
		k.ages = append(k.ages, parsed[0])
		k.Names = append(k.Names, strings.TrimSpace(text))
	}
	if len(k.Names) == 0 {
		return nil, errors.New("no age recipient is given")
	}
	return k, nil
}

// Signer signs OpenPGP messages with a key of the sender's own.
type Signer struct {
	// Fingerprint is of the primary key.
	Fingerprint string

	key *crypto.Key
}

// ReadSigner reads a secret OpenPGP key, and unlocks it with the passphrase
// where it is locked. Close overwrites it.
func ReadSigner(path string, passphrase []byte, now time.Time) (*Signer, error) {
	keys, err := readKeys(path, now)
	if err != nil {
		return nil, err
	}
	if len(keys) > 1 {
		return nil, fmt.Errorf("%s holds %d keys; to sign, export the one (gpg --armor --export-secret-keys ADDRESS)", path, len(keys))
	}
	key := keys[0]
	if !key.IsPrivate() {
		return nil, fmt.Errorf("%s holds a public key; to sign, name a secret one (gpg --armor --export-secret-keys)", path)
	}
	locked, err := key.IsLocked()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case locked && len(passphrase) == 0:
		return nil, fmt.Errorf("%s is locked; give the file that holds its passphrase with --sign-passphrase FILE", path)
	case locked:
		unlocked, err := key.Unlock(passphrase)
		if err != nil {
			return nil, fmt.Errorf("%s: the passphrase does not unlock the key", path)
		}
		key = unlocked
	}
	switch {
	case key.IsRevoked(now.Unix()):
		err = errors.New("is revoked")
	case key.IsExpired(now.Unix()):
		err = errors.New("has expired")
	case !key.CanVerify(now.Unix()):
		err = errors.New("has no part that may sign")
	}
	if err != nil {
		key.ClearPrivateParams()
		return nil, fmt.Errorf("%s: the key %s %w; sign with another one, or leave --sign-key out", path, fingerprint(key), err)
	}
	return &Signer{Fingerprint: fingerprint(key), key: key}, nil
}

// Close overwrites the secret key. A nil Signer has none.
func (s *Signer) Close() {
	if s != nil {
		s.key.ClearPrivateParams()
	}
}

// Encrypt returns a writer whose input arrives at w encrypted, and signed where
// signer is not nil. The message is complete once it was closed. age has no
// signatures.
func (k *Key) Encrypt(w io.Writer, signer *Signer) (io.WriteCloser, error) {
	if k.Method == Age {
		out, err := age.Encrypt(w, k.ages...)
		if err != nil {
			return nil, fmt.Errorf("encrypting to age: %w", err)
		}
		return out, nil
	}
	b := crypto.PGP().Encryption().Recipients(k.ring).CompressWith(constants.NoCompression)
	if signer != nil {
		b = b.SigningKey(signer.key)
	}
	handle, err := b.New()
	if err != nil {
		return nil, fmt.Errorf("encrypting to OpenPGP: %w", err)
	}
	out, err := handle.EncryptingWriter(w, crypto.Bytes)
	if err != nil {
		return nil, fmt.Errorf("encrypting to OpenPGP: %w", err)
	}
	return out, nil
}
