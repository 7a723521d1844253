//go:build bench

package e2e

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// wire is one keep-alive HTTP connection. It stands in for net/http's client, which would take as much of the two processors as the
// server that is measured.
type wire struct {
	to   string      // host:port
	from net.IP      // nil: as the system chooses
	tls  *tls.Config // nil: none
	conn net.Conn
	r    *bufio.Reader
}

// reply is an HTTP response.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// do sends a whole request and reads its response. A connection that the server closed for idleness is opened again.
func (w *wire) do(request []byte) (reply, error) {
	reused := w.conn != nil
	got, err := w.exchange(request)
	if err != nil && reused {
		w.conn = nil
		got, err = w.exchange(request)
	}
	return got, err
}

func (w *wire) exchange(request []byte) (reply, error) {
	if w.conn == nil {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: w.from}}).Dial("tcp", w.to)
		if err != nil {
			return reply{}, err
		}
		if w.tls != nil {
			conn = tls.Client(conn, w.tls)
		}
		w.conn, w.r = conn, bufio.NewReaderSize(conn, 4096)
	}
	if _, err := w.conn.Write(request); err != nil {
		return reply{}, err
	}
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		return reply{}, err
	}
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, body}, err
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
	}
}

func getRequest(target, host string) []byte {
	return []byte("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
}

// postRequest is a POST of a body; authorization may be empty.
func postRequest(path, host, authorization, contentType, body string) []byte {
	if authorization != "" {
		authorization = "Authorization: " + authorization + "\r\n"
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		path, host, authorization, contentType, len(body), body)
}

const formType = "application/x-www-form-urlencoded"

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}
