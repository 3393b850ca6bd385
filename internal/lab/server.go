package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Running is a fleet that listens.
type Running struct {
	seed      uint64
	cancel    context.CancelFunc
	listeners []net.Listener
	servers   []*http.Server
	wg        sync.WaitGroup
	// conns are the connections open, so that Close can end them.
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	closer sync.Once
}

// Run makes every archive of the fleet listen and returns when all do. The
// fleet ends when ctx does or at Close, which must be called.
func (f *Fleet) Run(ctx context.Context) (*Running, error) {
	if err := f.raiseFileLimit(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Running{seed: f.File.Seed, cancel: cancel, conns: map[net.Conn]struct{}{}}
	certs := newAuthority(f.File.Seed)
	buffers := &batches{}
	for _, a := range f.Archives {
		if err := r.start(ctx, a, certs, buffers); err != nil {
			_ = r.Close()
			return nil, err
		}
	}
	r.wg.Go(func() {
		<-ctx.Done()
		r.shut()
	})
	return r, nil
}

// start makes one archive listen on all its ports.
func (r *Running) start(ctx context.Context, a *Archive, certs *authority, buffers *batches) error {
	g := a.Group
	st := &archiveState{archive: a, batches: buffers}
	serve := st.handler()
	if g.Speaks != Closed {
		cfg, err := certs.config(a.Address, g.TLS, g.Cert)
		if err != nil {
			return fmt.Errorf("TLS of %s: %w", a.Address, err)
		}
		if err := r.listen(ctx, a, g.Port, cfg, serve); err != nil {
			return err
		}
	}
	if g.PlainPort != 0 {
		if err := r.listen(ctx, a, g.PlainPort, nil, serve); err != nil {
			return err
		}
	}
	if g.HL7Port != 0 {
		if err := r.listen(ctx, a, g.HL7Port, nil, mute); err != nil {
			return err
		}
	}
	for i := range g.Web {
		w := &g.Web[i]
		cfg, err := certs.config(a.Address, w.TLS, w.Cert)
		if err != nil {
			return fmt.Errorf("TLS of %s: %w", a.Address, err)
		}
		if err := r.listenHTTP(a, w.Port, cfg, a.pages(w)); err != nil {
			return err
		}
	}
	return nil
}

// handler is what serves the connections to the DICOM port.
func (st *archiveState) handler() func(context.Context, net.Conn) {
	switch st.archive.Group.Speaks {
	case Mute:
		return mute
	case SpeaksHTTP:
		return speakHTTP
	case SpeaksSSH:
		return speakSSH
	case SpeaksNoise:
		return speakNoise
	case HangsUp:
		return func(context.Context, net.Conn) {}
	}
	return st.associate
}

func bind(at netip.AddrPort) (net.Listener, error) {
	if !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", at)
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; is another fleet running?", at, err)
	}
	return l, nil
}

// listen serves the connections to one port, each on its own goroutine.
func (r *Running) listen(ctx context.Context, a *Archive, port uint16, cfg *tls.Config, serve func(context.Context, net.Conn)) error {
	l, err := bind(netip.AddrPortFrom(a.Address, port))
	if err != nil {
		return err
	}
	l = damaging(l, a, r.seed)
	r.listeners = append(r.listeners, l)
	r.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // out of files: let some go
				sleep(ctx, 50*time.Millisecond)
				continue
			}
			if !r.own(conn) {
				return
			}
			r.wg.Go(func() {
				defer r.disown(conn)
				if cfg != nil {
					secured := tls.Server(conn, cfg)
					handshake, cancel := context.WithTimeout(ctx, 30*time.Second)
					defer cancel()
					if err := secured.HandshakeContext(handshake); err != nil {
						return
					}
					serve(ctx, secured)
					return
				}
				serve(ctx, conn)
			})
		}
	})
	return nil
}

// own keeps conn for Close; false when that has begun.
func (r *Running) own(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = conn.Close()
		return false
	}
	r.conns[conn] = struct{}{}
	return true
}

func (r *Running) disown(conn net.Conn) {
	_ = conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
}

func (r *Running) listenHTTP(a *Archive, port uint16, cfg *tls.Config, pages http.Handler) error {
	l, err := bind(netip.AddrPortFrom(a.Address, port))
	if err != nil {
		return err
	}
	l = damaging(l, a, r.seed)
	if cfg != nil {
		l = tls.NewListener(l, cfg)
	}
	s := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second,
		MaxHeaderBytes: 32 << 10, ErrorLog: quietLog()}
	r.servers = append(r.servers, s)
	r.wg.Go(func() { _ = s.Serve(l) }) // ends at Close
	return nil
}

// shut closes listeners and connections.
func (r *Running) shut() {
	r.closer.Do(func() {
		r.mu.Lock()
		r.closed = true
		conns := r.conns
		r.conns = map[net.Conn]struct{}{}
		r.mu.Unlock()
		for _, l := range r.listeners {
			_ = l.Close()
		}
		for _, s := range r.servers {
			_ = s.Close()
		}
		for c := range conns {
			_ = c.Close()
		}
	})
}

// Close ends the fleet and waits for everything that it started.
func (r *Running) Close() error {
	r.cancel()
	r.shut()
	r.wg.Wait()
	return nil
}
