package sqldb_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// commitCutter stands between a pool and its PostgreSQL server and can cut a connection at the worst moment.
type commitCutter struct {
	network, server string
	next            atomic.Int32
}

const (
	pass       int32 = iota
	dropCommit       // cut before the commit reaches the server
	dropAnswer       // cut after the server has committed
)

// cutter starts a proxy in front of the server that dsn names and returns the URL that leads through it.
func cutter(t *testing.T, dsn string) (*commitCutter, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &commitCutter{network: "tcp", server: u.Host}
	q := u.Query()
	if dir := q.Get("host"); dir != "" {
		p.network, p.server = "unix", filepath.Join(dir, ".s.PGSQL.5432")
	}
	dir, err := os.MkdirTemp("", "cut") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go p.accept(l)
	u.Host = ""
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return p, u.String()
}

func (p *commitCutter) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go p.relay(client, server)
	}
}

// relay copies both ways until either side closes. The answer to a commit that is to be lost is read here and goes nowhere.
func (p *commitCutter) relay(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	var mute atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			if mute.Load() {
				close(answered)
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte("COMMIT")) {
			switch p.next.Swap(pass) {
			case dropCommit:
				return
			case dropAnswer:
				mute.Store(true)
				_, _ = io.Copy(server, bytes.NewReader(buf[:n]))
				<-answered
				return
			}
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}
