package assess

import (
	"crypto/sha256"
	"encoding/hex"

	"leadglass/internal/advisories"
)

// Method stands for the way the check is made. It is a digest of what the
// catalogue says of how the check is tested and what it sends, and of the
// table that it goes by, so that it changes when those do: results of checks
// with different methods are not compared.
func (c Check) Method() string {
	text := string(c.On) + "\x00" + c.Tested + "\x00" + c.Sends
	if c.ID == LGD12.ID || c.ID == LGW08.ID {
		text += "\x00" + advisories.Digest()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
