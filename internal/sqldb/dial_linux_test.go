package sqldb

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDialerLimitsUnacknowledgedData(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := newDialer().DialTimeout("tcp", l.Addr().String(), connectTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ms int
	if err := raw.Control(func(fd uintptr) { ms, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || ms != int(unacknowledged.Milliseconds()) {
		t.Errorf("%d ms, %v", ms, err)
	}
}
