//go:build bench

package e2e

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"time"

	wired "simtrust/internal/app"
	"simtrust/internal/rpc"
	simulated "simtrust/internal/sandbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// interim is longer than any run, so that the simulated gateway sends nothing while somebody measures.
const interim = time.Hour

// playServer is simtrust sandbox with settings that its command line has no words for.
func playServer(ctx context.Context) error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	const secret, bearer = "benchmark-gateway-secret", "benchmark-bearer-token"
	if err := errors.Join(os.WriteFile("gateway.secret", []byte(secret), 0o600), os.WriteFile("bearer.token", []byte(bearer), 0o600)); err != nil {
		return err
	}
	phones, err := simulated.ListenHandset(".")
	if err != nil {
		return err
	}
	centre, err := simulated.ListenSMSC(".")
	if err != nil {
		return err
	}
	a, err := openServer(ctx, s, phones.Addr(), centre)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	served := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		cancel(err)
		served <- err
	}()
	world, err := simulated.Start(ctx, simulated.Config{Dir: ".", JSON: "sandbox.json", Subscribers: s.Subscribers, Issuer: a.Issuer(),
		AdminToken: a.AdminToken(), Accounting: a.Accounting(), Secret: []byte(secret), Interim: interim, Handset: phones, SMSC: centre,
		BearerToken: bearer, RCSToken: bearer, SMPP: a.SMPPAddr(), Log: a.Log(), Now: time.Now})
	if err == nil {
		err = announceServer(ctx, a, world)
	}
	if err != nil {
		cancel(err)
		return errors.Join(err, <-served, a.Close(context.WithoutCancel(ctx)))
	}
	stopProfile, err := profile(s)
	if err != nil {
		cancel(err)
	}
	err = errors.Join(err, <-served, stopProfile())
	closing := context.WithoutCancel(ctx)
	return errors.Join(err, world.Close(closing), a.Close(closing))
}

// profileEnv names a folder for CPU profiles of the servers, from when they are ready until they end.
const profileEnv = "SIMTRUST_BENCH_PROFILE"

func profile(s settings) (stop func() error, err error) {
	dir := os.Getenv(profileEnv)
	if dir == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(dir, s.Name+".pprof"))
	if err != nil {
		return func() error { return nil }, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, pprof.StartCPUProfile(f)
}

func openServer(ctx context.Context, s settings, phones net.Addr, centre simulated.ServiceCentre) (*wired.App, error) {
	c := wired.Defaults()
	c.Listen, c.Data, c.Database = "127.0.0.1:0", ".", s.Database
	c.Authn.RADIUS.Listen = "127.0.0.1:0"
	c.Authn.RADIUS.NAS = []wired.NAS{{Name: "gateway", Address: netip.MustParsePrefix("127.0.0.0/8"), SecretFile: "gateway.secret",
		Interim: interim, Retransmit: time.Minute}}
	c.Simshield.Bearer = wired.Bearer{URL: "http://" + phones.String() + "/sms", TokenFile: "bearer.token"}
	c.Simshield.AllowLoopback, c.Messaging.AllowLoopback = true, true
	c.Messaging.RCS = wired.Bearer{URL: "http://" + phones.String() + "/rcs", TokenFile: "bearer.token"}
	c.Messaging.SMSC = wired.SMSC{Address: centre.Listener.Addr().String(), SystemID: centre.SystemID, PasswordFile: centre.PasswordFile, Source: "+861065",
		CardService: simulated.CardService}
	c.Messaging.RedEnvelopes.Fulfilment = wired.Bearer{URL: "http://" + phones.String() + "/red-envelopes", TokenFile: "bearer.token"}
	c.Messaging.Purchases = wired.Purchases{SIMAbove: map[string]string{"CNY": "1000.00"}}
	c.Messaging.SMPP.Listen = "127.0.0.1:0"
	if s.Alone {
		c.Store = append(c.Store, sqldb.WithoutCoalescing())
	}
	if s.Conns > 0 {
		c.Store = append(c.Store, sqldb.WithMaxConns(s.Conns))
	}
	c.CA.Dir, c.CA.BaseURL = "ca", "http://127.0.0.1" // nobody here follows the addresses in certificates
	if s.Certificate != "" {
		c.TLS = wired.TLS{Certificate: "tls.pem", Key: "tls.key"}
		err := errors.Join(os.WriteFile(c.TLS.Certificate, []byte(s.Certificate), 0o600), os.WriteFile(c.TLS.Key, []byte(s.Key), 0o600),
			os.Setenv("SSL_CERT_FILE", c.TLS.Certificate)) // the simulated operator trusts it, too
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(wired.Migrate(ctx, c), wired.MakeCA(ctx, c)); err != nil {
		return nil, err
	}
	return wired.New(ctx, c)
}

// announceServer adds a client that authenticates by secret and may verify numbers, so that a login can also be measured without the
// signature of a client assertion, and hands out the world.
func announceServer(ctx context.Context, a *wired.App, played *simulated.Sandbox) error {
	const callback = "http://127.0.0.1:9/callback"
	type registration struct {
		Name         string            `json:"name"`
		Auth         string            `json:"auth"`
		Profile      string            `json:"profile"`
		RedirectURIs []string          `json:"redirect_uris"`
		Scopes       []string          `json:"scopes"`
		LegalBases   map[string]string `json:"legal_bases"`
	}
	type registered struct {
		App struct {
			ID string `json:"id"`
		} `json:"app"`
		Secret string `json:"secret"`
	}
	made, err := rpc.Call[registration, registered](rpc.NewClient(a.Issuer(), http.DefaultClient, a.AdminToken()), "POST /account/v1/apps")(ctx,
		registration{Name: "Benchmark", Auth: "client_secret_basic", Profile: "oidc", RedirectURIs: []string{callback},
			Scopes:     []string{"openid", "number-verification:verify"},
			LegalBases: map[string]string{"dpv:FraudPreventionAndDetection": "legitimate-interest"}})
	if err != nil {
		return err
	}
	text, err := json.Marshal(played.Contract)
	var w world
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	if err != nil {
		return err
	}
	w.Clients = append(w.Clients, client{Name: "secret", ClientID: made.App.ID, ClientSecret: made.Secret, RedirectURIs: []string{callback}})
	return announce(w)
}

// server is a running server with its name in the tables.
type server struct {
	*process
	world
	name     string
	database string
	tls      *tls.Config // how to reach it; nil: plain
}

const benchSubscribers = 2000

func startServer(b *testing.B, name string, s settings) *server {
	b.Helper()
	s.Name, s.Subscribers = name, cmp.Or(s.Subscribers, benchSubscribers)
	progress("starting %s with %d subscribers", name, s.Subscribers)
	srv := &server{process: startProcess(b, "server", s), name: name, database: s.Database}
	srv.ready(b, &srv.world)
	return srv
}

// postgresURL makes an empty database for one server.
func postgresURL(b *testing.B) string {
	b.Helper()
	url, ok := sqldbtest.PostgreSQLURL(b)
	if !ok {
		b.Fatal("the benchmarks need PostgreSQL; make bench starts one")
	}
	return url
}

// progress tells a person who waits that it goes on.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
