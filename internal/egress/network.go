package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"simtrust"
)

// Reasons of errors, all of simtrust.KindDenied.
const (
	ReasonAddress   = "address_refused"  // the name leads to an address that is not public
	ReasonRedirects = "redirect_refused" // too many redirects, or one to another scheme or port than allowed
)

var errAddress = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonAddress, Op: "egress", Msg: "the name leads to an address that is not public"}

// Options say what a Network is for.
type Options struct {
	// Loopback allows 127.0.0.1 on ports from 1024 up: for a sandbox, whose peers are on the same machine.
	Loopback bool
	// Resolver looks up names; nil: the system's.
	Resolver *net.Resolver
}

// Network makes connections to public addresses only. It is safe for concurrent use.
type Network struct {
	dialer   net.Dialer
	loopback bool
}

// dialTime bounds one connection, all addresses of the name together.
const dialTime = 5 * time.Second

// New returns a Network.
func New(o Options) *Network {
	n := &Network{loopback: o.Loopback}
	n.dialer = net.Dialer{Timeout: dialTime, Resolver: o.Resolver, ControlContext: n.control, KeepAlive: -1}
	return n
}

// control sees every address just before the connection to it is made.
func (n *Network) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !n.allowed(to) {
		return errAddress
	}
	return nil
}

// DialContext connects to host:port over TCP. Where the name has several addresses it tries the public ones. The name is looked up as
// it is, never below a domain of this machine's search list. Errors: KindDenied with [ReasonAddress]; those of net.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, net.UnknownNetworkError(network)
	}
	conn, err := n.dialer.DialContext(ctx, network, absolute(address))
	if errors.Is(err, errAddress) {
		return nil, errAddress // without the address, which is not the asker's to learn
	}
	return conn, err
}

// absolute ends a name with a dot, which keeps it out of the search list. localhost is in no zone: the hosts file has it without.
func absolute(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || host == "localhost" || strings.HasSuffix(host, ".") {
		return address
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return address
	}
	return net.JoinHostPort(host+".", port)
}
