package campaign_test

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// TestContactsPlan: what a look-up of contacts would send, and what is refused
// before anything is.
func TestContactsPlan(t *testing.T) {
	for _, o := range []campaign.RegistryOptions{
		{Rate: 0}, {Rate: campaign.MaxRegistryRate + 1}, {Rate: 1, Server: "http://rdap.example/"}, {Rate: 1, Server: "https://user@rdap.example/"}, {Rate: 1, Server: "https://rdap.example/?q"},
	} {
		var refusal *campaign.Refusal
		if _, err := campaign.NewContacts(o); !errors.As(err, &refusal) || !campaign.Refused(err) {
			t.Errorf("%+v: %v, want a refusal", o, err)
		}
	}
	public, private := netip.MustParseAddr("193.0.22.10"), netip.MustParseAddr("10.0.0.1")
	for server, hosts := range map[string]int{"": 11, "https://rdap.example/base/": 1} {
		c, err := campaign.NewContacts(campaign.RegistryOptions{Rate: 1, Server: server})
		if err != nil {
			t.Fatal(err)
		}
		if p := c.Plan([]netip.Addr{public, private}); p.Addresses != 2 || p.Public != 1 || len(p.Hosts) != hosts || server != "" && p.Hosts[0] != server {
			t.Errorf("%q: %+v, want %d hosts", server, p, hosts)
		}
		if p := c.Plan([]netip.Addr{private}); p.Public != 0 || p.Hosts == nil || len(p.Hosts) != 0 {
			t.Errorf("%q, nothing public: %+v", server, p)
		}
	}
}

// TestCancelWithoutProcess: a survey without a process is cancelled at once, one
// that finished is refused, and one that runs is not looked up.
func TestCancelWithoutProcess(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	began := time.Now().Add(-time.Hour)
	running := survey.Survey{ID: "20260101T000000Z-0001", Name: "running", State: survey.StateRunning, StartedAt: began}
	finished := survey.Survey{ID: "20260101T000000Z-0002", Name: "finished", State: survey.StateFinished, StartedAt: began, FinishedAt: began}
	for _, v := range []survey.Survey{running, finished} {
		if _, err := db.CreateSurvey(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	c, err := campaign.NewContacts(campaign.RegistryOptions{Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Survey(t.Context(), db, "running"); !campaign.Refused(err) {
		t.Errorf("contacts of a running survey: %v", err)
	}
	if s, err := campaign.Cancel(t.Context(), db, "running", 0); err != nil || s.Status != survey.StatusCancelled || s.Schema != campaign.StatusSchema {
		t.Errorf("cancelled: %+v, %v", s, err)
	}
	if _, err := campaign.Cancel(t.Context(), db, "finished", 0); !campaign.Refused(err) {
		t.Errorf("cancelling what has finished: %v", err)
	}
}
