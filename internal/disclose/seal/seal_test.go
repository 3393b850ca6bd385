package seal_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leadglass/internal/disclose/seal"
)

// gnupg is a home of GnuPG with keys of its own.
type gnupg struct {
	t    *testing.T
	home string
}

func newGnuPG(t *testing.T) *gnupg {
	t.Helper()
	// The agent's socket must have a short path.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	g := &gnupg{t, home}
	// Little work to unlock a key: the tests do it several times.
	if err := os.WriteFile(filepath.Join(home, "gpg-agent.conf"), []byte("s2k-count 65536\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_ = stop.Run()
		_ = os.RemoveAll(home)
	})
	return g
}

// run runs gpg and returns what it wrote to stdout.
func (g *gnupg) run(stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.Command("gpg", append([]string{"--homedir", g.home, "--batch", "--yes", "--no-auto-check-trustdb", "--trust-model", "always"}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = errors.Join(err, errors.New(stderr.String()))
	}
	return out, err
}

func (g *gnupg) must(args ...string) []byte {
	g.t.Helper()
	out, err := g.run(nil, args...)
	if err != nil {
		g.t.Fatalf("gpg %v: %v", args, err)
	}
	return out
}

// generate makes a key without passphrase and returns the file of its public
// part.
func (g *gnupg) generate(address string, more ...string) string {
	g.t.Helper()
	g.must(append(append([]string{}, more...), "--passphrase", "", "--quick-generate-key", address, "future-default", "default", "2y")...)
	return g.export(address)
}

func (g *gnupg) export(address string) string {
	g.t.Helper()
	path := filepath.Join(g.t.TempDir(), address+".asc")
	if err := os.WriteFile(path, g.must("--armor", "--export", address), 0o600); err != nil {
		g.t.Fatal(err)
	}
	return path
}

const secret = "192.0.2.77 holds studies of strangers"

func writeSecret(t *testing.T, k *seal.Key, signer *seal.Signer) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "bundle"+k.Extension())
	digest, err := k.WriteFile(path, signer, func(w io.Writer) error {
		_, err := io.WriteString(w, secret)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || len(digest) != 64 {
		t.Errorf("mode %v, digest %q, error %v", info.Mode(), digest, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte("192.0.2.77")) {
		t.Errorf("plain text in the file (%v)", err)
	}
	return path
}

func TestOpenPGP(t *testing.T) {
	t.Parallel()
	cert, other := newGnuPG(t), newGnuPG(t)
	first := cert.generate("cert@cert.example")
	second := other.generate("second@cert.example")
	stranger := newGnuPG(t)
	stranger.generate("stranger@cert.example")

	k, err := seal.OpenPGPFiles([]string{first, second}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Names) != 2 || !strings.Contains(string(cert.must("--with-colons", "--fingerprint")), k.Names[0]) {
		t.Errorf("fingerprints %v are not those of gpg", k.Names)
	}
	sender := newGnuPG(t)
	sender.generate("sender@cert.example")
	secretKey := filepath.Join(t.TempDir(), "sender.asc")
	if err := os.WriteFile(secretKey, sender.must("--armor", "--export-secret-keys", "sender@cert.example"), 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := seal.ReadSigner(secretKey, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := writeSecret(t, k, signer)
	signer.Close()
	for _, g := range []*gnupg{cert, other} {
		if out, err := g.run(nil, "--decrypt", path); string(out) != secret {
			t.Errorf("gpg decrypts to %q (%v)", out, err)
		}
	}
	if out, err := stranger.run(nil, "--decrypt", path); err == nil || len(out) > 0 {
		t.Errorf("another key decrypts to %q", out)
	}
	cert.must("--import", sender.export("sender@cert.example"))
	status, err := cert.run(nil, "--status-fd", "1", "--decrypt", path)
	if err != nil || !strings.Contains(string(status), "VALIDSIG "+signer.Fingerprint) {
		t.Errorf("no valid signature of %s: %s (%v)", signer.Fingerprint, status, err)
	}
}

func TestLockedSigner(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	g.must("--pinentry-mode", "loopback", "--passphrase", "open sesame", "--quick-generate-key", "locked@cert.example", "future-default", "default", "1y")
	path := filepath.Join(t.TempDir(), "locked.asc")
	out := g.must("--pinentry-mode", "loopback", "--passphrase", "open sesame", "--armor", "--export-secret-keys", "locked@cert.example")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	for passphrase, want := range map[string]string{"": "--sign-passphrase", "wrong": "does not unlock", "open sesame": ""} {
		s, err := seal.ReadSigner(path, []byte(passphrase), time.Now())
		s.Close()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("passphrase %q: %v, want %q", passphrase, err, want)
		}
	}
	if _, err := seal.ReadSigner(g.export("locked@cert.example"), nil, time.Now()); err == nil || !strings.Contains(err.Error(), "public key") {
		t.Errorf("a public key as signer: %v", err)
	}
	if _, err := seal.OpenPGPFiles([]string{path}, time.Now()); err == nil || !strings.Contains(err.Error(), "secret key") {
		t.Errorf("a secret key as recipient: %v", err)
	}
}

func TestUnusableKeys(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	good := g.generate("good@cert.example")
	expired := g.generate("expired@cert.example", "--faked-system-time", "20200101T000000")
	g.generate("revoked@cert.example")
	fingerprint := ""
	for line := range strings.Lines(string(g.must("--with-colons", "--fingerprint", "revoked@cert.example"))) {
		if f := strings.Split(line, ":"); f[0] == "fpr" && fingerprint == "" {
			fingerprint = f[9]
		}
	}
	revocation, err := os.ReadFile(filepath.Join(g.home, "openpgp-revocs.d", fingerprint+".rev"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.run([]byte(strings.ReplaceAll(string(revocation), ":-----BEGIN", "-----BEGIN")), "--import"); err != nil {
		t.Fatal(err)
	}
	g.must("--passphrase", "", "--quick-generate-key", "signing@cert.example", "ed25519", "sign", "1y")
	two := filepath.Join(t.TempDir(), "two.asc")
	text := g.must("--armor", "--export", "good@cert.example", "signing@cert.example")
	junk := filepath.Join(t.TempDir(), "junk.asc")
	if err := errors.Join(os.WriteFile(two, text, 0o600), os.WriteFile(junk, []byte("not a key"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, want string
		now        time.Time
	}{
		{good, "", time.Now()},
		{good, "lies in the future", time.Now().AddDate(-1, 0, 0)},
		{good, "has expired", time.Now().AddDate(5, 0, 0)},
		{expired, "has expired", time.Now()},
		{g.export("revoked@cert.example"), "is revoked", time.Now()},
		{g.export("signing@cert.example"), "no part that may encrypt", time.Now()},
		{g.export("signing@cert.example"), "it has no encryption subkey", time.Now()},
		{two, "it has no encryption subkey", time.Now()},
		{junk, "no OpenPGP key that can be read", time.Now()},
		{filepath.Join(t.TempDir(), "absent.asc"), "no such file", time.Now()},
	} {
		_, err := seal.OpenPGPFiles([]string{c.path}, c.now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", filepath.Base(c.path), err, c.want)
		}
	}
}

// TestSeveralKeys: of a file with the keys of a team all are used, of copies of one
// key the renewed one, whichever stands first, and one that is damaged is not left
// out without a word.
func TestSeveralKeys(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	one, two := g.generate("one@cert.example"), g.generate("two@cert.example")
	team := filepath.Join(t.TempDir(), "team.asc")
	text := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(path string, parts ...[]byte) {
		if err := os.WriteFile(path, bytes.Join(parts, []byte("\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(team, text(one), text(two))
	k, err := seal.OpenPGPFiles([]string{team}, time.Now())
	if err != nil || len(k.Names) != 2 || k.Names[0] == k.Names[1] {
		t.Fatalf("%v, %v", k, err)
	}
	together := filepath.Join(t.TempDir(), "together.asc")
	write(together, g.must("--armor", "--export", "one@cert.example", "two@cert.example"))
	if k, err := seal.OpenPGPFiles([]string{together}, time.Now()); err != nil || len(k.Names) != 2 {
		t.Errorf("in one block: %v, %v", k, err)
	}
	damaged := text(two)
	damaged = append(damaged[:len(damaged)/2:len(damaged)/2], "\n-----END PGP PUBLIC KEY BLOCK-----\n"...)
	write(team, text(one), damaged)
	if k, err := seal.OpenPGPFiles([]string{team}, time.Now()); err == nil {
		t.Errorf("a damaged key is left out without a word: %v", k.Names)
	}

	expired := text(g.generate("renewed@cert.example", "--faked-system-time", "20200101T000000"))
	fingerprint := ""
	for line := range strings.Lines(string(g.must("--with-colons", "--fingerprint", "renewed@cert.example"))) {
		if f := strings.Split(line, ":"); f[0] == "fpr" && fingerprint == "" {
			fingerprint = f[9]
		}
	}
	g.must("--passphrase", "", "--faked-system-time", "20201101T000000", "--quick-set-expire", fingerprint, "2036-01-01")
	g.must("--passphrase", "", "--faked-system-time", "20201101T000000", "--quick-set-expire", fingerprint, "2036-01-01", "*")
	renewed := g.must("--armor", "--export", "renewed@cert.example")
	for name, parts := range map[string][][]byte{"expired first": {expired, renewed}, "renewed first": {renewed, expired}} {
		write(team, parts...)
		if k, err := seal.OpenPGPFiles([]string{team}, time.Now()); err != nil || len(k.Names) != 1 {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

// other32 is another character of Bech32 than the last one of text.
func other32(text string) string {
	if strings.HasSuffix(text, "q") {
		return "p"
	}
	return "q"
}

// ageKey makes an age key and returns its file and its recipient.
func ageKey(t *testing.T) (file, recipient string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "key.txt")
	out, err := exec.Command("age-keygen", "-o", file).CombinedOutput()
	if err != nil {
		t.Fatalf("age-keygen: %v: %s", err, out)
	}
	recipient = strings.TrimSpace(string(out[bytes.LastIndexByte(bytes.TrimSpace(out), ' ')+1:]))
	return file, recipient
}

func TestAge(t *testing.T) {
	t.Parallel()
	key, recipient := ageKey(t)
	other, _ := ageKey(t)
	k, err := seal.AgeRecipients([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	path := writeSecret(t, k, nil)
	if out, err := exec.Command("age", "--decrypt", "-i", key, path).Output(); string(out) != secret {
		t.Errorf("age decrypts to %q (%v)", out, err)
	}
	if out, err := exec.Command("age", "--decrypt", "-i", other, path).Output(); err == nil || len(out) > 0 {
		t.Errorf("another key decrypts to %q", out)
	}
	for _, bad := range []string{"", "age1", "AGE-SECRET-KEY-1QQQQ", recipient + "\n" + recipient, recipient[:len(recipient)-1] + other32(recipient)} {
		if _, err := seal.AgeRecipients([]string{bad}); err == nil || strings.Contains(err.Error(), "SECRET-KEY-1") {
			t.Errorf("recipient %q: %v", bad, err)
		}
	}
}

// TestNothingIsLeft: a bundle that could not be finished leaves no file.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	_, recipient := ageKey(t)
	k, err := seal.AgeRecipients([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	broken := errors.New("broken")
	if _, err := k.WriteFile(filepath.Join(dir, "bundle.age"), nil, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	if _, err := k.WriteFile(filepath.Join(dir, "absent", "bundle.age"), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func FuzzKeyFile(f *testing.F) {
	f.Add([]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n-----END PGP PUBLIC KEY BLOCK-----\n"))
	f.Add([]byte{0x98, 0x33, 0x04, 0x65, 0, 0, 0, 0x16, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01, 0x01, 0x07, 0x40})
	f.Add([]byte{0xc6, 0x2a, 0x06})
	f.Add([]byte("not a key"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "key.asc")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := seal.OpenPGPFiles([]string{path}, time.Now())
		if err == nil && (len(k.Names) != 1 || len(k.Names[0]) < 40) {
			t.Errorf("accepted with the names %v", k.Names)
		}
	})
}
