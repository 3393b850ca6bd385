package assess

import (
	"crypto/sha256"
	"encoding/hex"

	"leadglass/internal/products"
)

// Method stands for the way the check is made. It is a digest of what the
// catalogue says of how the check is tested and what it sends, and of what the
// built-in records of products hold for it, so that it changes when those do:
// results of checks with different methods are not compared.
func (c Check) Method() string {
	text := string(c.On) + "\x00" + c.Tested + "\x00" + c.Sends + "\x00" + c.known()
	if table, err := products.Builtin(); err == nil && (c.ID == LGD12.ID || c.ID == LGW08.ID) {
		text += "\x00" + table.AdvisoryDigest()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
