//go:build bench

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// stocked are whole HTTP requests made before the clock starts, each good once.
type stocked struct {
	make  func(i int) ([]byte, error)
	ready [][]byte
	next  atomic.Int64
	made  int
}

// fill makes four times as many as were used since the last time, for a round may be longer than the one before.
func (s *stocked) fill() error {
	used := min(int(s.next.Swap(0)), len(s.ready))
	rest := s.ready[used:]
	s.ready = make([][]byte, max(4*used, 6000, len(rest)))
	have := copy(s.ready, rest)
	first := s.made - have
	s.made = first + len(s.ready)
	return each(len(s.ready)-have, func(i int) (err error) {
		s.ready[have+i], err = s.make(first + have + i)
		return err
	})
}

func (s *stocked) take() ([]byte, error) {
	if i := int(s.next.Add(1)) - 1; i < len(s.ready) {
		return s.ready[i], nil
	}
	return nil, errors.New("the requests made before the round are used up")
}

// issuing has so many clients issue one certificate after the other, each over a keep-alive connection of its own.
func issuing(b *testing.B, name string, p *process, clients int, line wire, request func(i int) ([]byte, error)) contender {
	lines := make([]wire, clients)
	for i := range lines {
		lines[i] = line
	}
	b.Cleanup(func() {
		for i := range lines {
			lines[i].close()
		}
	})
	stock := &stocked{make: request}
	return contender{name: name, process: p, clients: clients, stock: stock.fill, step: func(c int) error {
		request, err := stock.take()
		if err != nil {
			return err
		}
		got, err := lines[c].do(request)
		if err == nil && got.status != http.StatusCreated {
			err = fmt.Errorf("%d %s", got.status, got.body)
		}
		return err
	}}
}

// requestP256 is a certification request with a key of its own, PEM.
func requestP256(template *x509.CertificateRequest) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	return pemText("CERTIFICATE REQUEST", der), err
}

func requestSM2() (string, error) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := smx509.CreateCertificateRequest(rand.Reader, &smx509.CertificateRequest{}, key)
	return pemText("CERTIFICATE REQUEST", der), err
}

// order is what a certificate is asked for with.
type order struct {
	name    string // in the tables
	profile string
	csr     func() (string, error)
}

func plainP256() (string, error) { return requestP256(&x509.CertificateRequest{}) }

var (
	bankSIM   = order{"bank-sim", "bank-sim", plainP256}
	bankSM2   = order{"bank-sim, SM2", "bank-sim", requestSM2}
	tlsServer = order{"tls-server", "tls-server", plainP256}
)

// authorisation is the body of the request for a token.
func (s *server) authorisation(o order, i int) ([]byte, error) {
	type object map[string]any
	asked := object{"profile": o.profile, "life_seconds": 24 * 60 * 60}
	if o.profile == tlsServer.profile {
		asked["sans"] = object{"dns": []string{fmt.Sprintf("service-%d.internal.example", i)}}
	} else {
		asked["subject"] = object{"country": "CN", "common_name": "王小明"}
		asked["tenure"] = s.Subscribers[i%len(s.Subscribers)].Tenure
		asked["relying_party"] = "bank.example"
	}
	return json.Marshal(asked)
}

// order returns what makes requests for certificates: a key, a CSR and, over lines that it shares, a token of the server's own.
func (s *server) order(b *testing.B, o order) func(i int) ([]byte, error) {
	const atOnce = 16
	free := make(chan *wire, atOnce)
	for range atOnce {
		line := s.wire()
		b.Cleanup(line.close)
		free <- &line
	}
	return func(i int) ([]byte, error) {
		csr, err := o.csr()
		if err != nil {
			return nil, err
		}
		asked, err := s.authorisation(o, i)
		if err != nil {
			return nil, err
		}
		line := <-free
		defer func() { free <- line }()
		got, err := line.do(s.post("/ca/v1/authorisations", string(asked)))
		var token struct {
			Token string `json:"token"`
		}
		if err == nil {
			err = json.Unmarshal(got.body, &token)
		}
		if err != nil || token.Token == "" {
			return nil, fmt.Errorf("authorisation: %w: %d %s", err, got.status, got.body)
		}
		body, err := json.Marshal(map[string]string{"token": token.Token, "csr": csr})
		return s.post("/ca/v1/certificates", string(body)), err
	}
}

// post is a request of the operator's own to the API.
func (s *server) post(path, body string) []byte {
	return postRequest(path, s.host(), "Bearer "+s.AdminToken, "application/json", body)
}

func (s *server) host() string {
	_, host, _ := strings.Cut(s.Issuer, "://")
	return host
}

func (s *server) wire() wire { return wire{to: s.host(), tls: s.tls} }

func (s *server) issuing(b *testing.B, o order, clients int) contender {
	return issuing(b, o.name, s.process, clients, s.wire(), s.order(b, o))
}

// rawCertificates is the floor: x509.CreateCertificate alone, in this process.
func rawCertificates(b *testing.B) contender {
	ca := newAuthority(b)
	key := newKey(b)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"CN"}, CommonName: "王小明"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, SubjectKeyId: make([]byte, 20),
		OCSPServer: []string{"http://127.0.0.1/ocsp/bank-p256"}, CRLDistributionPoints: []string{"http://127.0.0.1/crl/bank-p256/0.crl"}}
	return contender{name: "x509.CreateCertificate", process: &process{pid: os.Getpid()}, clients: 1, step: func(int) error {
		_, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
		return err
	}}
}

// signatures is the floor of a fresh OCSP answer: one P-256 signature, in this process.
func signatures(b *testing.B) contender {
	key := newKey(b)
	digest := sha256.Sum256([]byte("answer"))
	return contender{name: "one P-256 signature", process: &process{pid: os.Getpid()}, clients: 1, step: func(int) error {
		_, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
		return err
	}}
}

// benchIssue measures certificates against step-ca, in turns.
func benchIssue(b *testing.B, s *server, rival *stepCA) {
	var rows [][]string
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			contenders := []contender{rival.contender(b, clients)}
			for _, o := range []order{bankSIM, bankSM2, tlsServer} {
				contenders = append(contenders, s.issuing(b, o, clients))
			}
			if clients == 1 {
				contenders = append(contenders, rawCertificates(b))
			}
			all := contest(b, "certificates", 3, time.Second, 2*time.Second, contenders)
			for _, c := range contenders {
				rows = append(rows, issueRow(b, c, all))
			}
		})
	}
	results.add("Certificates: P-256, on PostgreSQL, over TLS", []string{"server", "clients", "certificates/s", "p50", "p99",
		"server CPU a certificate", "PostgreSQL's", "rate against step-ca", "p99 against step-ca", "rate against P-256"}, rows...)
}

func issueRow(b *testing.B, c contender, all map[string][]sample) []string {
	s, rival, p256 := all[c.name], all["step-ca"], all[bankSIM.name]
	row := []string{c.name, fmt.Sprint(c.clients), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)), milliseconds(median(s, p99)),
		microseconds(median(s, cpu)), microseconds(median(s, store)), "", "", ""}
	switch c.name {
	case bankSM2.name:
		row[9] = fmt.Sprintf("%.2f", ratio(s, p256, rate))
		fallthrough
	case bankSIM.name, tlsServer.name:
		row[7], row[8] = fmt.Sprintf("%.2f", ratio(s, rival, rate)), fmt.Sprintf("%.2f", ratio(s, rival, p99))
		b.ReportMetric(ratio(s, rival, rate), strings.ReplaceAll(c.name, " ", "")+"/step-ca")
	case "x509.CreateCertificate":
		row[6] = ""
	}
	return row
}
