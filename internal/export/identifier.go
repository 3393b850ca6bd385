package export

import (
	"crypto/sha1" //nolint:gosec // UUIDv5 is made with SHA-1 (RFC 9562 5.5); nothing depends on its strength
	"encoding/hex"
	"strings"
)

// namespace is the namespace of our identifiers, made once at random.
const namespace = "5d0c1b0e-7f3a-4f0c-9a77-2f6a6f1c8e54"

// identifier is the UUID (version 5) of what the parts name. It does not depend on
// the survey, unless a part does.
func identifier(parts ...string) string { return uuid5(namespace, strings.Join(parts, "\x00")) }

// uuid5 is the UUID of a name in a namespace (RFC 9562 5.5).
func uuid5(namespace, name string) string {
	space, _ := hex.DecodeString(strings.ReplaceAll(namespace, "-", "")) // constants of ours
	h := sha1.New()
	h.Write(space)
	h.Write([]byte(name))
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	s := hex.EncodeToString(u)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
