package warrant_test

import (
	"net/netip"
	"strings"
	"testing"

	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

func mandate() survey.Mandate {
	return survey.Mandate{Exclusions: []byte{0, 0, 0, 0}, Titles: []string{"ARCHIVE"},
		Pins: []survey.Pin{{Name: "pacs.example.org", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}}}
}

// TestSeal: the seal holds for what was signed and for nothing else.
func TestSeal(t *testing.T) {
	key, err := warrant.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := warrant.ParseKey(key.Text())
	if err != nil {
		t.Fatal(err)
	}
	public, err := warrant.ParsePublic(again.Public().String() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	sealed := mandate()
	if sealed.Seal, err = key.Seal("s", "scope", sealed); err != nil || !public.Verify("s", "scope", sealed) {
		t.Fatalf("%v, or the seal is not accepted", err)
	}
	for name, change := range map[string]func(m *survey.Mandate){
		"fewer exclusions": func(m *survey.Mandate) { m.Exclusions = nil },
		"another title":    func(m *survey.Mandate) { m.Titles = append(m.Titles, "ADMIN") },
		"another address":  func(m *survey.Mandate) { m.Pins[0].Addresses[0] = netip.MustParseAddr("192.0.2.2") },
		"no pins":          func(m *survey.Mandate) { m.Pins = nil },
		"no seal":          func(m *survey.Mandate) { m.Seal = "" },
		"half a seal":      func(m *survey.Mandate) { m.Seal = m.Seal[:40] },
	} {
		m := mandate()
		m.Seal = sealed.Seal
		if change(&m); public.Verify("s", "scope", m) {
			t.Errorf("%s: the seal is accepted", name)
		}
	}
	if public.Verify("t", "scope", sealed) || public.Verify("s", "scope ", sealed) || public.Verify("ss", "cope", sealed) {
		t.Error("the seal is accepted for another survey or scope")
	}
	other, err := warrant.NewKey()
	if err != nil || other.Public().Verify("s", "scope", sealed) || (warrant.PublicKey{}).Verify("s", "scope", sealed) {
		t.Error("the seal is accepted for another key")
	}
}

// TestKeys: what is no key is refused, without its text in the message.
func TestKeys(t *testing.T) {
	key, err := warrant.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "x", key.Public().String(), strings.TrimSpace(key.Text()) + "A", key.Text()[:30]} {
		if _, err := warrant.ParseKey(text); err == nil || text != "" && text != "x" && strings.Contains(err.Error(), text) {
			t.Errorf("private: %v", err)
		}
	}
	for _, text := range []string{"", "x", key.Text(), key.Public().String() + "A"} {
		if _, err := warrant.ParsePublic(text); err == nil || len(text) > 1 && strings.Contains(err.Error(), strings.TrimSpace(text)) {
			t.Errorf("public: %v", err)
		}
	}
}
