package radacct

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"layeh.com/radius"
)

// A request is sent again after firstWait, then after twice the time each, at most longestWait (the pattern of RFC 5080 §2.2.1,
// with shorter times for a link without loss).
const (
	firstWait   = 300 * time.Millisecond
	longestWait = 4 * time.Second
)

// Client is the accounting client of one NAS. It has one exchange under way at a time, in the order of the Send calls; a NAS
// that needs more opens more clients.
type Client struct {
	conn   *net.UDPConn
	secret []byte
	turn   chan struct{} // holds one entry while an exchange is under way
	next   byte          // identifier of the next request
}

// Dial opens a client to server, host and port, that shares secret with it. The requests come from local where it is valid,
// else from the address that the system chooses.
func Dial(local netip.Addr, server string, secret []byte) (*Client, error) {
	remote, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		return nil, err
	}
	var from *net.UDPAddr
	if local.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	conn, err := net.DialUDP("udp", from, remote)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, secret: secret, turn: make(chan struct{}, 1)}, nil
}

// Close closes the socket; a Send under way fails.
func (c *Client) Close() error { return c.conn.Close() }

// Send sends r until the server acknowledges it, always the same octets: with the same identifier and authenticator the server
// recognises a retransmission. So r should carry the time of its event in Event, since a growing Acct-Delay-Time would make
// each retransmission another request. A response with a wrong authenticator is ignored. The error is ctx's when ctx ends first.
func (c *Client) Send(ctx context.Context, r Request) error {
	attrs, err := r.Attributes()
	if err != nil {
		return err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return notAcknowledged(ctx, r)
	}
	request, err := c.encode(attrs)
	if err != nil {
		return err
	}
	return c.exchange(ctx, r, request)
}

func (c *Client) encode(attrs radius.Attributes) ([]byte, error) {
	packet := &radius.Packet{Code: radius.CodeAccountingRequest, Identifier: c.next, Secret: c.secret, Attributes: attrs}
	c.next++
	return packet.Encode()
}

func (c *Client) exchange(ctx context.Context, r Request, request []byte) error {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		acknowledged, err := c.attempt(ctx, request, wait)
		switch {
		case acknowledged:
			return nil
		case ctx.Err() != nil:
			return notAcknowledged(ctx, r)
		case err != nil:
			return err
		}
	}
}

func notAcknowledged(ctx context.Context, r Request) error {
	return fmt.Errorf("radacct: %s not acknowledged: %w", r.Status, ctx.Err())
}

// attempt sends request once and waits for its response until wait is over or ctx ends.
func (c *Client) attempt(ctx context.Context, request []byte, wait time.Duration) (acknowledged bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
		return false, err
	}
	if _, err := c.conn.Write(request); err != nil && !refused(err) {
		return false, err
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		_ = c.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed socket, which ends the read as well
	})
	defer func() {
		if !stop() {
			<-interrupted // so that the next attempt does not inherit this deadline
		}
	}()
	return c.awaitResponse(ctx, request)
}

func (c *Client) awaitResponse(ctx context.Context, request []byte) (bool, error) {
	var buf [radius.MaxPacketLength]byte
	for {
		n, err := c.conn.Read(buf[:])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false, nil
		case refused(err):
			<-ctx.Done() // nobody listens there yet: the packet counts as lost
			return false, nil
		case err != nil:
			return false, err
		case acknowledges(buf[:n], request, c.secret):
			return true, nil
		}
	}
}

// refused reports an ICMP "port unreachable", which a connected socket hands to its next read or write.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func acknowledges(response, request, secret []byte) bool {
	return len(response) >= 20 && radius.Code(response[0]) == radius.CodeAccountingResponse && response[1] == request[1] &&
		radius.IsAuthenticResponse(response, request, secret)
}
