package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"simtrust/internal/app"
	"simtrust/internal/sandbox"
	"simtrust/internal/sqldb"
)

type sandboxCmd struct {
	Listen      string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address of the server; port 0 takes a free one. Default: ${default}."`
	Data        string `placeholder:"DIR" help:"Folder that keeps the world; started again on it, it is the same world. Default: a new temporary folder."`
	Subscribers int    `default:"100" help:"Subscribers of a new world."`
	JSON        string `name:"json" placeholder:"FILE" help:"Where sandbox.json goes. Default: in the data folder."`
	Database    string `placeholder:"URL" help:"postgres://… instead of the embedded store."`
	Upstream    string `placeholder:"SHAPE=URL" help:"Has the chatbot rail send by another operator's platform, rbm=URL or csp=URL; without it the platform only calls back."`
	Log         string `default:"warn" help:"debug, info, warn or error."`
}

// Help teaches the first steps (kong's HelpProvider).
func (*sandboxCmd) Help() string {
	return "Everything runs in one process on loopback: the server, an operator with subscribers whose data sessions are announced by real " +
		"RADIUS packets, and a shop with one-key login. Subscribers have addresses in 127.1.0.0/16, so\n\n" +
		"    curl --interface 127.1.0.2 …\n\nis the second subscriber's phone. The first one is also this machine's browser."
}

const (
	sandboxInterim    = 60 * time.Second
	sandboxRetransmit = 30 * time.Second
	sandboxRetry      = 5 * time.Second // a phone here answers at once
	sandboxPrompts    = 20              // a minute: a person who tries things out is asked more often than a customer
	sandboxUnheeded   = 500             // an hour: and refuses more often
	sandboxPolls      = 600             // a minute: a world that enrols its subscribers asks for a card often
	sandboxSource     = "+861065"       // chatbots' addresses for text messages begin with it
	sandboxHTTP01     = 5002
	sandboxTLSALPN01  = 5001
	minSubscribers    = 20
	maxSubscribers    = 50_000
)

func (s *sandboxCmd) Run(ctx context.Context) error {
	if s.Subscribers < minSubscribers || s.Subscribers > maxSubscribers {
		return fmt.Errorf("--subscribers takes %d to %d", minSubscribers, maxSubscribers)
	}
	c, secret, err := s.config()
	if err != nil {
		return err
	}
	w := sandbox.Config{Secret: secret}
	if err := s.upstream(&c, &w); err != nil {
		return err
	}
	if err := handsets(&c, &w); err != nil {
		return err
	}
	defer w.Handset.Close() // the world closes both too, when it has come so far
	defer w.SMSC.Listener.Close()
	err = app.Migrate(ctx, c) // the sandbox owns its database
	if errors.Is(err, sqldb.ErrFileInUse) {
		return fmt.Errorf("another process runs on %s; stop it, or name another folder with --data", c.Data)
	}
	if err != nil {
		return err
	}
	if err := app.MakeCA(ctx, c); err != nil {
		return err
	}
	a, err := app.New(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(s.play(ctx, a, c, w), closeWithin(a))
}

// play runs the server, then the world against it, and holds /readyz back until every session is announced.
func (s *sandboxCmd) play(ctx context.Context, a *app.App, c app.Config, w sandbox.Config) error {
	var peopled atomic.Bool
	a.AddCheck("world", func(context.Context) error {
		if !peopled.Load() {
			return errors.New("the simulated gateway is still announcing its sessions")
		}
		return nil
	})
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	served := make(chan error, 1)
	go func() {
		err := a.Run(ctx)
		cancel(err)
		served <- err
	}()
	w.Dir, w.JSON, w.Subscribers = c.Data, s.json(c.Data), s.Subscribers
	w.Issuer, w.AdminToken, w.Accounting, w.SMPP = a.Issuer(), a.AdminToken(), a.Accounting(), a.SMPPAddr()
	w.Interim, w.HTTP01Port, w.Log, w.Now = sandboxInterim, sandboxHTTP01, a.Log(), time.Now
	world, err := sandbox.Start(ctx, w)
	if err != nil {
		cancel(err)
		return errors.Join(err, <-served)
	}
	peopled.Store(true)
	fmt.Print(world.Tour(s.json(c.Data), calledAs()))
	world.Run(ctx)
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer done()
	if err := errors.Join(world.Close(closing), <-served); err != nil {
		return err
	}
	fmt.Println(s.farewell(c.Data))
	return nil
}

// farewell says where the world is that stays: a folder in the temporary one is easily forgotten, and holds secrets.
func (s *sandboxCmd) farewell(dir string) string {
	if s.Data != "" {
		return "stopped; started again on the same --data, it is the same world"
	}
	return fmt.Sprintf("stopped; the world stays in %s, with its secrets: --data %s goes on with it, rm -r removes it", dir, dir)
}

// config makes the server's configuration for a world in the data folder, and the secret that it shares with the simulated gateway.
func (s *sandboxCmd) config() (app.Config, []byte, error) {
	c := app.Defaults()
	dir := s.Data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "simtrust-sandbox-"); err != nil {
			return c, nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, nil, err
	}
	secretFile := filepath.Join(dir, "gateway.secret")
	secret, err := app.Secret(secretFile)
	if err != nil {
		return c, nil, err
	}
	c.Data, c.Database, c.Log.Level = dir, s.Database, s.Log
	if c.Listen, err = address(s.Listen, dir); err != nil {
		return c, nil, err
	}
	c.Issuer = "http://" + c.Listen
	c.CA.Dir = filepath.Join(dir, "ca")
	c.CA.ACME = app.ACME{HTTP01Port: sandboxHTTP01, TLSALPN01Port: sandboxTLSALPN01, AllowLoopback: true}
	c.Keys.Lead = 0 // a person who tries key rotate should not have to wait
	c.Authn.RADIUS.Listen, c.AnyPort = "127.0.0.1:1813", true
	c.Authn.RADIUS.NAS = []app.NAS{{Name: "sandbox-gateway", Address: netip.MustParsePrefix("127.0.0.0/8"), SecretFile: secretFile,
		Interim: sandboxInterim, Retransmit: sandboxRetransmit}}
	return c, secret, nil
}

// handsets opens the phones' address and tells the server of the operator's gateways there: for short messages to cards, and for rich
// messages to people.
func handsets(c *app.Config, w *sandbox.Config) (err error) {
	if w.Handset, err = sandbox.ListenHandset(c.Data); err != nil {
		return err
	}
	base := "http://" + w.Handset.Addr().String()
	if c.Simshield.Bearer, w.BearerToken, err = gatewayAt(c.Data, "bearer.token", base+"/sms"); err == nil {
		c.Messaging.RCS, w.RCSToken, err = gatewayAt(c.Data, "rcs.token", base+"/rcs")
	}
	c.Messaging.RedEnvelopes.Fulfilment = app.Bearer{URL: base + "/red-envelopes", TokenFile: c.Messaging.RCS.TokenFile}
	if err == nil {
		w.SMSC, err = sandbox.ListenSMSC(c.Data)
	}
	if err != nil {
		return errors.Join(err, w.Handset.Close())
	}
	c.Messaging.SMSC = app.SMSC{Address: w.SMSC.Listener.Addr().String(), SystemID: w.SMSC.SystemID, PasswordFile: w.SMSC.PasswordFile, Source: sandboxSource,
		CardService: sandbox.CardService}
	c.Simshield.Retry, c.Simshield.PollsPerMinute, c.Simshield.AllowLoopback = sandboxRetry, sandboxPolls, true
	c.Simshield.PromptsPerMinute, c.Simshield.PartyPromptsPerMinute, c.Simshield.UnheededPerHour = sandboxPrompts, sandboxPrompts, sandboxUnheeded
	c.Messaging.Purchases = app.Purchases{SIMAbove: map[string]string{"CNY": "1000.00"}}
	c.Messaging.SMPP.Listen, c.Messaging.AllowLoopback = "127.0.0.1:2775", true
	return nil
}

// gatewayAt is one of the operator's at a URL, with a token that is kept in a file of the data folder.
func gatewayAt(dir, file, url string) (app.Bearer, string, error) {
	path := filepath.Join(dir, file)
	token, err := app.Secret(path)
	return app.Bearer{URL: url, TokenFile: path}, strings.TrimSpace(string(token)), err
}

// calledAs is how a person calls this program again: go run keeps what it builds out of sight.
func calledAs() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/simtrust"
	}
	return os.Args[0]
}

func (s *sandboxCmd) json(dir string) string {
	if s.JSON != "" {
		return s.JSON
	}
	return sandbox.DefaultJSON(dir)
}

// address settles the server's port before it starts, because certificates name it: where --listen leaves the port open it is that of
// the last run on this folder, else a free one.
func address(listen, dir string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port != "0" {
		return listen, nil // what is wrong with it, the server says
	}
	file := filepath.Join(dir, "address")
	last, _ := os.ReadFile(file) // absent before the first run
	for _, addr := range []string{strings.TrimSpace(string(last)), net.JoinHostPort(host, "0")} {
		if addr == "" {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue // somebody has the last run's port
		}
		addr = l.Addr().String()
		return addr, errors.Join(l.Close(), os.WriteFile(file, []byte(addr+"\n"), 0o600))
	}
	return "", fmt.Errorf("no free port on %s; choose an address with --listen", host)
}
