package examine

import (
	"errors"
	"testing"

	"leadglass/internal/discover"
)

func TestWhyClosed(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]discover.Found{
		"of the ports tried, 6 refused the connection, so the host is there":                                                                     {Refused: 6},
		"of the ports tried, 6 did not answer (no host, no route, or a firewall that drops)":                                                     {Silent: 6},
		"of the ports tried, 2 refused the connection, so the host is there, and 4 did not answer (no host, no route, or a firewall that drops)": {Refused: 2, Silent: 4},
		"pacs.example does not resolve": {Err: errors.New("pacs.example does not resolve")},
	} {
		if got := whyClosed(f); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
