package acme

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"simtrust/internal/egress"
)

// maxKeyAuthorization bounds what is read of a response: a token, a dot, a thumbprint, and blanks after them.
const maxKeyAuthorization = 512

// maxRedirects bounds how many redirects a validation follows.
const maxRedirects = 10

// lookHTTP is http-01 (RFC 8555, section 8.3). Redirects may lead to the usual ports only; certificates on the way are not checked,
// since the name may not have a good one yet.
func (s *Service) lookHTTP(ctx context.Context, p proof) error {
	port := strconv.Itoa(s.config.HTTP01Port)
	client := s.network.Client(egress.Manner{Timeout: s.config.Validation, Redirects: maxRedirects, Ports: []string{"80", "443", port}, AnyCertificate: true})
	host := p.name
	if port != "80" {
		host = net.JoinHostPort(p.name, port)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/.well-known/acme-challenge/"+p.token, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "simtrust-acme")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return unauthorized("the answer to the challenge has status " + strconv.Itoa(res.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeyAuthorization+1))
	if err != nil {
		return err
	}
	if len(body) > maxKeyAuthorization || strings.TrimRight(string(body), " \t\r\n") != p.authorization {
		return errIncorrect
	}
	return nil
}
