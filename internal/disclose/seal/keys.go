package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// readKeys reads the keys of a file, each once, in their order. A key that is in it
// several times, as where a renewed one was put behind the expired, is taken as
// it is now. A file with a key that cannot be read is refused, because nobody
// would notice that one is missing.
func readKeys(path string, now time.Time) ([]*crypto.Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(data) > maxKeyFile:
		return nil, fmt.Errorf("%s is larger than %d MiB, which no OpenPGP key is; export the one key alone", path, maxKeyFile>>20)
	}
	copies, err := parseKeys(data)
	switch {
	case len(copies) == 0: // the parser's own words say what byte it stopped at, which helps nobody
		return nil, fmt.Errorf("%s holds no OpenPGP key that can be read; export one with gpg --armor --export ADDRESS", path)
	case err != nil:
		return nil, fmt.Errorf("%s holds several OpenPGP keys, or parts of them, of which not all can be read; export each again with gpg --armor --export ADDRESS", path)
	}
	var keys []*crypto.Key
	for _, c := range copies {
		i := slices.IndexFunc(keys, func(k *crypto.Key) bool { return k.GetFingerprint() == c.GetFingerprint() })
		switch {
		case i < 0:
			keys = append(keys, c)
		case newer(c, keys[i], now):
			keys[i] = c
		}
	}
	return keys, nil
}

// newer reports whether of two copies of a key the first is the one to go by: a
// revocation is never withdrawn, and a term is only ever extended by whom it
// belongs to.
func newer(a, b *crypto.Key, now time.Time) bool {
	if revoked := b.IsRevoked(now.Unix()); revoked || a.IsRevoked(now.Unix()) {
		return !revoked
	}
	return usable(b, now) != nil
}

// unreadable says which key there is not.
func unreadable(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err // the path is named anyway
	}
	return fmt.Errorf("%s: %w; name the file of an OpenPGP key, in a file of recipients as seen from there", path, err)
}

// parseKeys reads the keys of a file, armoured in any number of blocks, or binary.
// With an error it returns those before it. It turns a panic of the parser into
// an error: a key file comes from outside.
func parseKeys(data []byte) (keys []*crypto.Key, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parsing: %v", r)
		}
	}()
	blocks := armourBlocks(data)
	if len(blocks) == 0 {
		return entities(bytes.NewReader(data))
	}
	for _, b := range blocks {
		block, err := armor.Decode(bytes.NewReader(b))
		if err != nil {
			return keys, err
		}
		if block.Type != openpgp.PublicKeyType && block.Type != openpgp.PrivateKeyType {
			return keys, errors.New("a block that is no key")
		}
		more, err := entities(block.Body)
		keys = append(keys, more...)
		if err != nil {
			return keys, err
		}
	}
	return keys, nil
}

// armourBlocks divides a text at the lines that begin a block (RFC 9580 6.2).
func armourBlocks(data []byte) [][]byte {
	begin := []byte("-----BEGIN PGP ")
	var blocks [][]byte
	for {
		i := bytes.Index(data, begin)
		if i < 0 {
			return blocks
		}
		data = data[i:]
		end := bytes.Index(data[len(begin):], begin)
		if end < 0 {
			return append(blocks, data)
		}
		blocks = append(blocks, data[:len(begin)+end])
		data = data[len(begin)+end:]
	}
}

// entities reads keys one after the other.
func entities(in io.Reader) (keys []*crypto.Key, err error) {
	for packets := packet.NewReader(in); ; {
		e, err := openpgp.ReadEntity(packets)
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		key, err := crypto.NewKeyFromEntity(e)
		if err != nil {
			return keys, err
		}
		keys = append(keys, key)
	}
}

// usable says why nothing can be encrypted to key at the moment now.
func usable(key *crypto.Key, now time.Time) error {
	switch {
	case key.IsPrivate():
		return errors.New("is a secret key, which nobody but its owner should have; name the public one (gpg --armor --export)")
	case key.IsRevoked(now.Unix()):
		return errors.New("is revoked; ask the recipient for the new one")
	case key.GetEntity().PrimaryKey.CreationTime.After(now):
		return errors.New("lies in the future; set this machine's clock, or ask the recipient for a valid one")
	case key.IsExpired(now.Unix()):
		return errors.New("has expired; ask the recipient for the new one, or fetch it again if its term was extended")
	}
	if _, err := key.GetEntity().EncryptionKeyWithError(now, nil); err != nil {
		return errors.New("has no part that may encrypt: " + noEncryption(key.GetEntity(), now))
	}
	return nil
}

// noEncryption says what is wrong with the subkeys of a key that nothing can be
// encrypted to.
func noEncryption(e *openpgp.Entity, now time.Time) string {
	expired, revoked, encrypts := false, false, false
	for i := range e.Subkeys {
		s := &e.Subkeys[i]
		binding, err := s.LatestValidBindingSignature(time.Time{}, nil)
		if err != nil || !binding.FlagsValid || !binding.FlagEncryptCommunications && !binding.FlagEncryptStorage {
			continue
		}
		encrypts = true
		revoked = revoked || s.Revoked(binding, now)
		expired = expired || s.Expired(binding, now)
	}
	switch {
	case revoked:
		return "its encryption subkey is revoked; ask the recipient for the key with the new one"
	case expired:
		return "its encryption subkey has expired; fetch the key again, or ask the recipient for the one with the new subkey"
	case encrypts:
		return "its encryption subkey is too weak, or of a kind that this program does not know; ask the recipient for another key"
	}
	return "it has no encryption subkey, and is for signing only; ask the recipient for another key"
}
