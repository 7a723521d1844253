package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/authn/radius"
	"simtrust/internal/obs"
)

// checkListen refuses an address that must not be listened on: plain HTTP is for loopback, or for a socket that a TLS proxy stands
// in front of.
func checkListen(cfg Config) error {
	if _, _, err := net.SplitHostPort(cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w; write HOST:PORT, such as 127.0.0.1:8080", err)
	}
	if cfg.TLS.Certificate == "" && !cfg.BehindTLSProxy && !loopback(cfg.Listen) {
		return fmt.Errorf("%s is not a loopback address and would carry tokens in clear; set tls.certificate and tls.key, "+
			"or behind_tls_proxy: true if a proxy in front terminates TLS", cfg.Listen)
	}
	if cfg.Issuer == "" && !loopback(cfg.Listen) {
		return errors.New("listen: clients elsewhere need a name of this server; set issuer to the URL by which they know it, such as " +
			"https://id.operator.example")
	}
	return nil
}

// listenTCP opens the HTTP socket, with TLS where certificate files are given.
func listenTCP(cfg Config) (net.Listener, error) {
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with --listen, or let it be a free one: --listen 127.0.0.1:0", err)
	}
	return encrypted(l, cfg.TLS)
}

// encrypted has a socket speak TLS where certificate files are given.
func encrypted(l net.Listener, c TLS) (net.Listener, error) {
	if c.Certificate == "" {
		return l, nil
	}
	t, err := tlsConfig(c)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, t), nil
}

// openPort opens addr or, where somebody has its port and the configuration allows it, a free one of the same host.
func openPort[T any](cfg Config, addr string, open func(addr string) (T, error)) (T, error) {
	opened, err := open(addr)
	if cfg.AnyPort && errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(addr) // as it was opened, it has one
		return open(net.JoinHostPort(host, "0"))
	}
	return opened, err
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// tlsConfig takes client certificates, where a CA for them is configured, without asking every client for one: only the enrichment
// proxies have them, and authn checks which.
func tlsConfig(c TLS) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
	if c.ClientCA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("tls.client_ca: %w", err)
	}
	t.ClientCAs = x509.NewCertPool()
	if !t.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.client_ca: %s holds no certificate in PEM", c.ClientCA)
	}
	t.ClientAuth = tls.VerifyClientCertIfGiven
	return t, nil
}

func issuerOf(cfg Config, l net.Listener) string {
	if cfg.Issuer != "" {
		return strings.TrimSuffix(cfg.Issuer, "/")
	}
	scheme := "http"
	if cfg.TLS.Certificate != "" {
		scheme = "https"
	}
	return scheme + "://" + l.Addr().String()
}

// readSecret reads a secret from a file that is for its owner, and his group to read.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o027 != 0 {
		return nil, fmt.Errorf("others may read or change %s: chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secret := []byte(strings.TrimSpace(string(text)))
	if len(secret) == 0 {
		return nil, fmt.Errorf("%s is empty; put the secret into it", path)
	}
	return secret, nil
}

// listenRADIUS opens the accounting socket, if gateways are configured.
func listenRADIUS(cfg Config, to radius.Accountant, o *obs.Obs) (*radius.Server, error) {
	at := cfg.Authn.RADIUS
	if len(at.NAS) == 0 {
		return nil, nil
	}
	nases := make([]radius.NAS, 0, len(at.NAS))
	for i, n := range at.NAS {
		secret, err := n.secret()
		if err != nil {
			return nil, fmt.Errorf("authn.radius.nas[%d].secret_file: %w", i, err)
		}
		nases = append(nases, radius.NAS{Name: n.Name, Addr: n.Address, Secret: secret, Realm: n.Realm, Interim: n.Interim, Retransmit: n.Retransmit})
	}
	packets := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "simtrust_radius_packets_total",
		Help: "RADIUS datagrams by gateway and by what became of them."}, []string{"nas", "outcome"})
	if err := o.Registry.Register(packets); err != nil {
		return nil, err
	}
	count := func(nas string, outcome radius.Outcome) { packets.WithLabelValues(nas, string(outcome)).Inc() }
	server, err := openPort(cfg, at.Listen, func(addr string) (*radius.Server, error) {
		return radius.Listen(addr, nases, to, radius.Options{Count: count})
	})
	if _, socket := errors.AsType[*net.OpError](err); socket {
		return nil, fmt.Errorf("authn.radius.listen: %w; choose another address", err)
	}
	return server, err
}

// leastGatewaySecret is what RFC 2865 §3 asks of a shared secret, in octets.
const leastGatewaySecret = 16

func (n NAS) secret() ([]byte, error) {
	if n.SecretFile == "" {
		return nil, errors.New("name the file with the secret that is shared with the gateway")
	}
	secret, err := readSecret(n.SecretFile)
	if err == nil && len(secret) < leastGatewaySecret {
		err = fmt.Errorf("the secret in %s has fewer than %d octets (RFC 2865 section 3); openssl rand -hex 16 makes one", n.SecretFile, leastGatewaySecret)
	}
	return secret, err
}
