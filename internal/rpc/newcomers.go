package rpc

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// patience is how long a server that stops waits for the first request on a connection that it has accepted.
const patience = 250 * time.Millisecond

// newcomers are the connections on which nothing was asked yet, such as those that a client has opened ahead of its need.
type newcomers struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// SendAwayNewcomers has a server that is stopped ([http.Server.Shutdown]) wait a quarter of a second for the first request on a connection;
// by itself it waits five seconds. It is called before the server serves.
func SendAwayNewcomers(s *http.Server) {
	n := &newcomers{conns: map[net.Conn]struct{}{}}
	s.ConnState = n.note
	s.RegisterOnShutdown(func() { time.AfterFunc(patience, n.sendAway) })
}

func (n *newcomers) note(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state == http.StateNew {
		n.conns[c] = struct{}{}
	} else {
		delete(n.conns, c)
	}
}

func (n *newcomers) sendAway() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close()
	}
}
