package app

import (
	"context"
	"net"
	"time"

	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/internal/egress"
)

// ACME configures the ACME server, which is there where a certificate authority is.
type ACME struct {
	// HTTP01Port and TLSALPN01Port are where challenges are looked for; by default 80 and 443.
	HTTP01Port    int `yaml:"http01_port,omitempty"`
	TLSALPN01Port int `yaml:"tls_alpn01_port,omitempty"`
	// Resolver is the name server that validations ask, host:port; by default the system's. A validating one of the
	// authority's own is best.
	Resolver string `yaml:"resolver,omitempty"`
	// AllowLoopback lets validations reach 127.0.0.1 on ports from 1024 up: for a sandbox, whose clients are on the same machine.
	AllowLoopback bool `yaml:"allow_loopback,omitempty"`
}

// acme builds the ACME server on the authority.
func (a *App) acme(authority *ca.Service, c ACME) (*acme.Service, error) {
	resolver := c.resolver()
	return acme.New(acme.Deps{DB: a.db, Authority: authority, Network: egress.New(egress.Options{Loopback: c.AllowLoopback, Resolver: resolver}),
		Resolver: resolver, Log: a.obs.Log, Now: time.Now},
		acme.Config{BaseURL: a.issuer, Secret: a.keys.HMAC("acme"),
			HTTP01Port: c.HTTP01Port, TLSALPN01Port: c.TLSALPN01Port})
}

func (c ACME) resolver() *net.Resolver {
	if c.Resolver == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.Resolver)
	}}
}
