// Package registry asks the registries of addresses (ARIN, RIPE NCC and the
// others), over RDAP (RFC 9082, RFC 9083), who takes reports of abuse.
//
// It is asked for by the user and not otherwise: a registry learns which
// addresses it is asked about. Of the answers only what survey.Registration has
// fields for is kept; they are full of names of persons. The connections are
// the gate's, by its list of services.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/openrdap/rdap"
	"github.com/openrdap/rdap/bootstrap"

	"leadglass/internal/survey"
)

// Hosts are all servers that may be asked: IANA's list of who is responsible
// for which addresses (RFC 9224), the five regional registries that the list
// names, and the national ones to which APNIC and LACNIC redirect. A list from
// IANA that names others does not add to them.
func Hosts() []string {
	return []string{
		"data.iana.org",
		"rdap.afrinic.net",
		"rdap.apnic.net", "idnic.rdap.apnic.net", "jpnic.rdap.apnic.net", "krnic.rdap.apnic.net", "twnic.rdap.apnic.net",
		"rdap.arin.net",
		"rdap.db.ripe.net",
		"rdap.lacnic.net", "rdap.registro.br",
	}
}

// Keep is how long an answer is used again.
const Keep = 30 * 24 * time.Hour

// Options are how registries are asked.
type Options struct {
	// HTTP is the gate's client for services.
	HTTP *http.Client
	// Server is asked about all addresses, a mirror for example; nil asks the
	// registry that IANA's list names.
	Server *url.URL
	// Lists is where IANA's lists are; nil is IANA's own server.
	Lists *url.URL
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Client asks registries. It is used by one goroutine.
type Client struct {
	rdap   *rdap.Client
	server *url.URL
	now    func() time.Time
	// busy are the hosts that asked to be left alone.
	busy map[string]bool
}

// New returns a Client.
func New(o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{
		rdap:   &rdap.Client{HTTP: o.HTTP, Bootstrap: &bootstrap.Client{HTTP: o.HTTP, BaseURL: o.Lists}},
		server: o.Server, now: o.Now, busy: map[string]bool{},
	}
}

var (
	// ErrBusy: the registry said that it is asked too often (429 or 503). It is
	// not asked again by this Client.
	ErrBusy = errors.New("the registry asks for fewer requests; run again later")
	// ErrAnswer: the answer is not one to the question.
	ErrAnswer = errors.New("an answer that cannot be used")
)

// Registration asks about an address. An address that no registry knows, and a
// network without a contact, are answers and not errors.
func (c *Client) Registration(ctx context.Context, addr netip.Addr) (survey.Registration, error) {
	addr = addr.Unmap().WithZone("")
	now := c.now().UTC().Truncate(time.Second)
	r := survey.Registration{AskedAt: now, ExpiresAt: now.Add(Keep)}
	servers, err := c.servers(ctx, addr)
	if err != nil || len(servers) == 0 {
		return r, err
	}
	for _, server := range servers {
		var network *rdap.IPNetwork
		network, err = c.ask(ctx, server, addr)
		if err == nil {
			if network != nil {
				err = fill(&r, network, addr)
				r.Registry = server.Hostname()
			}
			return r, err
		}
		if ctx.Err() != nil || errors.Is(err, ErrBusy) {
			break
		}
	}
	return r, err
}

// servers are those to ask about an address, by https.
func (c *Client) servers(ctx context.Context, addr netip.Addr) ([]*url.URL, error) {
	if c.server != nil {
		return []*url.URL{c.server}, nil
	}
	question := &bootstrap.Question{RegistryType: bootstrap.IPv4, Query: addr.String()}
	if addr.Is6() {
		question.RegistryType = bootstrap.IPv6
	}
	answer, err := c.rdap.Bootstrap.Lookup(question.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("asking IANA which registry is responsible: %w", err)
	}
	var servers []*url.URL
	for _, u := range answer.URLs {
		if u.Scheme == "https" {
			servers = append(servers, u)
		}
	}
	return servers, nil
}

// ask asks one server; the network is nil when the server knows none.
func (c *Client) ask(ctx context.Context, server *url.URL, addr netip.Addr) (*rdap.IPNetwork, error) {
	host := server.Hostname()
	if c.busy[host] {
		return nil, fmt.Errorf("%s: %w", host, ErrBusy)
	}
	copied := *server // the request changes it
	request := &rdap.Request{Type: rdap.IPRequest, Query: addr.String(), Server: &copied}
	response, err := c.rdap.Do(request.WithContext(ctx))
	var why *rdap.ClientError
	switch {
	case err == nil:
	case errors.As(err, &why) && why.Type == rdap.ObjectDoesNotExist:
		return nil, nil
	default:
		return nil, c.failure(host, response, err)
	}
	network, ok := response.Object.(*rdap.IPNetwork)
	if !ok {
		return nil, fmt.Errorf("%s: %w: it describes no network", host, ErrAnswer)
	}
	return network, nil
}

// failure says why a server did not answer. The text of the answer is not
// repeated.
func (c *Client) failure(host string, response *rdap.Response, err error) error {
	if response == nil || len(response.HTTP) == 0 {
		return fmt.Errorf("%s: %w", host, err)
	}
	last := response.HTTP[len(response.HTTP)-1]
	if transport := new(url.Error); errors.As(last.Error, &transport) {
		return fmt.Errorf("%s: %w", host, transport.Err)
	}
	status := 0
	if last.Response != nil {
		status = last.Response.StatusCode
	}
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		c.busy[host] = true
		return fmt.Errorf("%s: %w", host, ErrBusy)
	case status != http.StatusOK:
		return fmt.Errorf("%s: %w: status %d", host, ErrAnswer, status)
	case last.Error != nil:
		return fmt.Errorf("%s: %w: %w", host, ErrAnswer, last.Error)
	}
	return fmt.Errorf("%s: %w", host, ErrAnswer)
}

// Source names the registries as the source of contacts.
func Source() survey.Source {
	return survey.Source{Kind: survey.SourceRDAP, Attribution: "contacts from the registries of the addresses, over RDAP"}
}
