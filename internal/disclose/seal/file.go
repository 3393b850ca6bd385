package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"leadglass/internal/scratch"
)

// WriteFile encrypts what write writes into the file at path, mode 0600. The
// file is there whole or not at all, and nothing of it is on disk other than
// encrypted. It returns the file's SHA-256 in hexadecimal digits.
func (k *Key) WriteFile(path string, signer *Signer, write func(io.Writer) error) (digest string, err error) {
	hash := sha256.New()
	err = scratch.WriteFile(path, func(w io.Writer) error {
		out, err := k.Encrypt(io.MultiWriter(w, hash), signer)
		if err != nil {
			return err
		}
		return errors.Join(write(out), out.Close())
	})
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
