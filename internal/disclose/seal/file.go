package seal

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteFile encrypts what write writes into the file at path, mode 0600. The
// file is there whole or not at all: until it is complete it has another name
// in the same folder, and what is under that name is encrypted too. It returns
// the file's SHA-256 in hexadecimal digits.
func (k *Key) WriteFile(path string, signer *Signer, write func(io.Writer) error) (digest string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".sealed-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // is gone already when all went well
	hash := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(f, hash), 1<<16)
	err = func() error {
		out, err := k.Encrypt(buffered, signer)
		if err != nil {
			return err
		}
		return errors.Join(write(out), out.Close(), buffered.Flush(), f.Sync())
	}()
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
