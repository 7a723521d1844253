package rpc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"simtrust/internal/rpc"
)

// TestStopBesideNewcomers: a server stops although connections are open on which nothing was asked, and answers what was.
func TestStopBesideNewcomers(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		_, _ = io.WriteString(w, "answered")
	}))
	accepted := make(chan struct{}, 2)
	rpc.SendAwayNewcomers(server.Config)
	note := server.Config.ConnState
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		note(c, state)
		if state == http.StateNew {
			accepted <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		<-accepted
		return c
	}
	newcomer, busy := dial(), dial()
	_, _ = fmt.Fprint(busy, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- server.Config.Shutdown(ctx) }()
	if _, err := newcomer.Read(make([]byte, 1)); err == nil {
		t.Error("the newcomer was answered")
	}
	close(answer)
	res, err := http.ReadResponse(bufio.NewReader(busy), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "answered" {
		t.Errorf("%q %v", body, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
