//go:build bench

package e2e

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// held is a certificate of the server's with its issuer.
type held struct {
	id string
	*x509.Certificate
	issuer *x509.Certificate
}

// issue has so many certificates issued before anything is measured.
func (s *server) issue(b *testing.B, o order, n int) []held {
	b.Helper()
	order := s.order(b, o)
	all := make([]held, n)
	err := each(n, func(i int) error {
		request, err := order(i)
		if err != nil {
			return err
		}
		line := s.wire()
		defer line.close()
		got, err := line.do(request)
		if err == nil {
			all[i], err = readHeld(got.body)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

func readHeld(body []byte) (held, error) {
	var answer struct {
		ID          string `json:"id"`
		Certificate string `json:"certificate"`
		Chain       string `json:"chain"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return held{}, err
	}
	leaf, _ := pem.Decode([]byte(answer.Certificate))
	issuer, _ := pem.Decode([]byte(answer.Chain))
	if leaf == nil || issuer == nil {
		return held{}, fmt.Errorf("no certificate: %s", body)
	}
	h := held{id: answer.ID}
	var err1, err2 error
	h.Certificate, err1 = x509.ParseCertificate(leaf.Bytes)
	h.issuer, err2 = x509.ParseCertificate(issuer.Bytes)
	return h, errors.Join(err1, err2)
}

// path is where an address in a certificate leads on this server.
func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.EscapedPath()
}

// question is an OCSP request about the certificate, with a nonce if there is one.
func (h held) question(nonce []byte) ([]byte, error) {
	plain, err := ocsp.CreateRequest(h.Certificate, h.issuer, &ocsp.RequestOptions{Hash: crypto.SHA1})
	if err != nil || nonce == nil {
		return plain, err
	}
	in := cryptobyte.String(plain)
	var request, tbs cryptobyte.String
	if !in.ReadASN1(&request, tag.SEQUENCE) || !request.ReadASN1(&tbs, tag.SEQUENCE) {
		return nil, errors.New("not a request")
	}
	var out cryptobyte.Builder
	out.AddASN1(tag.SEQUENCE, func(out *cryptobyte.Builder) {
		out.AddASN1(tag.SEQUENCE, func(out *cryptobyte.Builder) {
			out.AddBytes(tbs)
			out.AddASN1(tag.Tag(2).ContextSpecific().Constructed(), func(out *cryptobyte.Builder) {
				out.AddASN1(tag.SEQUENCE, func(out *cryptobyte.Builder) { addNonce(out, nonce) })
			})
		})
	})
	return out.Bytes()
}

// addNonce adds the extension id-pkix-ocsp-nonce (RFC 9654, section 2.1).
func addNonce(out *cryptobyte.Builder, nonce []byte) {
	out.AddASN1(tag.SEQUENCE, func(out *cryptobyte.Builder) {
		out.AddASN1(tag.OBJECT_IDENTIFIER, func(out *cryptobyte.Builder) { out.AddBytes([]byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2}) })
		out.AddASN1(tag.OCTET_STRING, func(out *cryptobyte.Builder) { out.AddASN1OctetString(nonce) })
	})
}

// The ways of asking, as the tables name them.
const (
	keptGET  = "kept answer, GET"
	keptPOST = "kept answer, POST"
	fresh    = "fresh answer, POST with a nonce"
)

// statusRequests are one request about each of the certificates.
func (s *server) statusRequests(b *testing.B, way string, certificates []held) [][]byte {
	b.Helper()
	requests := make([][]byte, len(certificates))
	for i, h := range certificates {
		var nonce []byte
		if way == fresh {
			nonce = make([]byte, 32)
			_, _ = rand.Read(nonce)
		}
		der, err := h.question(nonce)
		if err != nil {
			b.Fatal(err)
		}
		to := path(h.OCSPServer[0])
		if way == keptGET {
			requests[i] = getRequest(to+"/"+url.PathEscape(base64.StdEncoding.EncodeToString(der)), s.host())
		} else {
			requests[i] = postRequest(to, s.host(), "", "application/ocsp-request", string(der))
		}
	}
	return requests
}

const statusClients = 16

// asking has clients ask for the status of the certificates in turn.
func (s *server) asking(b *testing.B, way string, certificates []held) contender {
	requests := s.statusRequests(b, way, certificates)
	lines, turns := make([]wire, statusClients), make([]int, statusClients)
	for i := range lines {
		lines[i] = s.wire()
	}
	b.Cleanup(func() {
		for i := range lines {
			lines[i].close()
		}
	})
	got, err := lines[0].do(requests[0])
	if err != nil {
		b.Fatal(err)
	}
	if r, err := ocsp.ParseResponseForCert(got.body, certificates[0].Certificate, certificates[0].issuer); err != nil || r.Status != ocsp.Good {
		b.Fatalf("%s: %+v, %v", way, r, err)
	}
	return contender{name: way, process: s.process, clients: statusClients, step: func(c int) error {
		turns[c]++
		got, err := lines[c].do(requests[(c+turns[c]*statusClients)%len(requests)])
		if err == nil && (got.status != http.StatusOK || !bytes.HasPrefix(successful(got.body), []byte{0x0a, 1, 0})) {
			err = fmt.Errorf("%d %s", got.status, hex.EncodeToString(got.body))
		}
		return err
	}}
}

// successful is the content of an OCSPResponse, which begins with its status.
func successful(der []byte) []byte {
	in := cryptobyte.String(der)
	var content cryptobyte.String
	in.ReadASN1(&content, tag.SEQUENCE)
	return content
}

// benchStatus measures OCSP answers, and one signature beside them.
func benchStatus(b *testing.B, s *server, certificates []held) {
	contenders := []contender{signatures(b)}
	for _, way := range []string{keptGET, keptPOST, fresh} {
		contenders = append(contenders, s.asking(b, way, certificates))
	}
	all := contest(b, "status", 5, time.Second, time.Second, contenders)
	one := all[contenders[0].name]
	var rows [][]string
	for _, c := range contenders {
		samples := all[c.name]
		multiple, making := ratio(samples, one, cpu), ""
		if c.name == fresh {
			making = fmt.Sprintf("%.2f", ratio(beyond(samples, all[keptPOST]), one, cpu))
		}
		rows = append(rows, []string{c.name, fmt.Sprintf("%.0f", median(samples, rate)), milliseconds(median(samples, p50)),
			milliseconds(median(samples, p99)), microseconds(median(samples, cpu)), fmt.Sprintf("%.2f", multiple), making})
		b.ReportMetric(multiple, strings.ReplaceAll(strings.ReplaceAll(c.name, " ", "-"), ",", "")+"/signature")
	}
	results.add("OCSP: P-256, 16 clients, on PostgreSQL", []string{"answer", "answers/s", "p50", "p99", "server CPU an answer", "in signatures", "its making"}, rows...)
}

// beyond are samples of the time that some took more than others, round by round.
func beyond(some, others []sample) []sample {
	more := make([]sample, len(some))
	for i := range some {
		more[i].cpu = some[i].cpu - others[i].cpu
	}
	return more
}
