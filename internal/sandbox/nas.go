package sandbox

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"simtrust/internal/radacct"
)

// gateway is the simulated packet gateway (NAS): it announces data sessions by RADIUS accounting (RFC 2866, TS 29.061) and goes on
// only when the server has acknowledged. Its records carry no Event-Timestamp, whose whole seconds would put a session before the
// assignment that it follows by milliseconds; the server then takes the moment of arrival.
type gateway struct {
	clients chan *radacct.Client
}

// gatewayClients is how many records are under way at once.
const gatewayClients = 16

var browser = netip.MustParseAddr("127.0.0.1")

func newGateway(server string, secret []byte) (*gateway, error) {
	g := &gateway{clients: make(chan *radacct.Client, gatewayClients)}
	for range gatewayClients {
		c, err := radacct.Dial(browser, server, secret)
		if err != nil {
			return nil, errors.Join(err, g.Close())
		}
		g.clients <- c
	}
	return g, nil
}

// Close closes the sockets that are not in use.
func (g *gateway) Close() error {
	var errs []error
	for {
		select {
		case c := <-g.clients:
			errs = append(errs, c.Close())
		default:
			return errors.Join(errs...)
		}
	}
}

// start opens a session on the subscriber's address; the subscriber who is also this machine's browser gets one on 127.0.0.1 too.
func (g *gateway) start(ctx context.Context, s *Subscriber, alsoBrowser bool) error {
	ips := []string{s.IP}
	if alsoBrowser {
		ips = append(ips, browser.String())
	}
	for _, ip := range slices.Compact(ips) {
		session := Session{ID: octets(8), IP: ip}
		if err := g.send(ctx, radacct.Start, s, session); err != nil {
			return err
		}
		s.Sessions = append(s.Sessions, session)
	}
	return nil
}

// stop closes every session of the subscriber.
func (g *gateway) stop(ctx context.Context, s *Subscriber) error {
	for len(s.Sessions) > 0 {
		if err := g.send(ctx, radacct.Stop, s, s.Sessions[0]); err != nil {
			return err
		}
		s.Sessions = s.Sessions[1:]
	}
	return nil
}

// interim repeats every session of the subscriber.
func (g *gateway) interim(ctx context.Context, s *Subscriber) error {
	for _, session := range s.Sessions {
		if err := g.send(ctx, radacct.InterimUpdate, s, session); err != nil {
			return err
		}
	}
	return nil
}

func (g *gateway) send(ctx context.Context, status radacct.Status, s *Subscriber, session Session) error {
	ip, err := netip.ParseAddr(session.IP)
	if err != nil {
		return err
	}
	c := <-g.clients
	defer func() { g.clients <- c }()
	return c.Send(ctx, radacct.Request{Status: status, SessionID: session.ID, CallingStationID: strings.TrimPrefix(s.Number, "+"),
		IMSI: s.IMSI, IMEISV: s.IMEI[:14] + "01", IPv4: ip})
}

// each calls do for all subscribers, so many at once, and answers the first error.
func each(subscribers []*Subscriber, atOnce int, do func(i int, s *Subscriber) error) error {
	var wg sync.WaitGroup
	errs := make(chan error, 1)
	turns := make(chan struct{}, atOnce)
	for i, s := range subscribers {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			if err := do(i, s); err != nil {
				select {
				case errs <- err:
				default:
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
