package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/account"
	"simtrust/authn/radius"
	"simtrust/internal/keys"
	"simtrust/internal/obs"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// App is a server that listens but does not serve yet: Run does. Requests that arrive before wait in the socket.
type App struct {
	cfg        Config
	issuer     string
	adminToken string
	// messagingToken is messaging's credential at the gate, made anew at every start.
	messagingToken string
	obs            *obs.Obs
	db             *sqldb.DB
	keys           *keys.Ring
	modules        *modules
	router         *rpc.Router
	listener       net.Listener
	server         *http.Server
	accounting     *radius.Server // nil without a configured gateway
}

// shutdownTime is how long Run waits for requests under way when it is told to stop.
const shutdownTime = 15 * time.Second

// New opens the store and the keys, wires the modules and opens the sockets. After an error nothing stays open.
func New(ctx context.Context, cfg Config) (*App, error) {
	if err := errors.Join(cfg.complete(), checkListen(cfg)); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, messagingToken: simtrust.NewSecret()}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	if err = os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return err
	}
	if a.obs, err = obs.New(obs.Config{Level: a.cfg.Log.Level, Format: a.cfg.Log.Format}); err != nil {
		return err
	}
	if a.db, err = openStore(ctx, a.cfg); err != nil {
		return err
	}
	if a.keys, err = keys.Open(ctx, a.cfg.Keys.Dir, keys.Options{Secret: a.cfg.Keys.SecretFile, CreateSecret: a.cfg.Keys.createSecret,
		Lead: a.cfg.Keys.Lead, Log: a.obs.Log}); err != nil {
		return err
	}
	if a.adminToken, err = readAdminToken(a.cfg.Admin.TokenFile); err != nil {
		return err
	}
	if a.listener, err = listenTCP(a.cfg); err != nil {
		return err
	}
	a.issuer = issuerOf(a.cfg, a.listener)
	if err = a.wire(ctx); err != nil {
		return err
	}
	if err = a.checkKeys(ctx); err != nil {
		return err
	}
	a.server = &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(a.obs.Log.Handler(), slog.LevelDebug)}
	rpc.SendAwayNewcomers(a.server)
	if s := a.modules.shield; s != nil {
		a.server.RegisterOnShutdown(s.closeWaiting)
	}
	if x := a.modules.messages; x != nil {
		a.server.RegisterOnShutdown(x.events.Close)
	}
	a.obs.Health.AddCheck("store", a.db.Ping)
	a.obs.Health.AddCheck("keys", a.keys.Check)
	a.obs.Health.AddCheck("sessions", a.modules.authn.Check)
	a.accounting, err = listenRADIUS(a.cfg, a.modules.authn, a.obs)
	return err
}

// checkKeys refuses a key directory that is not the one the database was used with, such as an empty one on a second node.
func (a *App) checkKeys(ctx context.Context) error {
	err := a.modules.account.CheckSubjectKey(ctx)
	if simtrust.ReasonOf(err) == account.ReasonOtherSubjectKey {
		return fmt.Errorf("%w; restore the key directory %s, or let this node share that of the others", err, a.cfg.Keys.Dir)
	}
	return err
}

// Run serves until ctx ends, then stops taking requests, answers those it has taken, and returns.
func (a *App) Run(ctx context.Context) error {
	events, stopEvents := context.WithCancel(context.WithoutCancel(ctx))
	defer stopEvents()
	g, ctx := errgroup.WithContext(ctx)
	_ = a.modules.authn.Beat(ctx) // else the first requests are told to try again; authn.Run repeats it and reports what fails
	g.Go(func() error { return ignoreClosed(a.server.Serve(a.listener)) })
	if a.accounting != nil {
		g.Go(func() error { return a.accounting.Serve(ctx) })
	}
	g.Go(func() error { return a.modules.outbox.Run(events) })
	g.Go(func() error { return a.modules.authn.Run(ctx) }) // its heartbeat says that the accounting socket is heard
	g.Go(func() error { return a.modules.provider.Run(events) })
	if c := a.modules.authority; c != nil {
		g.Go(func() error { return c.run(events) })
	}
	if s := a.modules.shield; s != nil {
		g.Go(func() error { return s.run(events) })
	}
	if x := a.modules.messages; x != nil {
		g.Go(func() error { return x.run(events) })
		g.Go(func() error { return x.serve(ctx) })
	}
	g.Go(func() error {
		<-ctx.Done()
		defer stopEvents()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		return a.stopServing(closing)
	})
	return g.Wait()
}

// stopServing answers the requests under way. Those that ctx does not wait for are cut off, so that none is left when the store closes.
func (a *App) stopServing(ctx context.Context) error {
	if err := a.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off: %w", err), a.server.Close())
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close releases the sockets, the modules and the store. It comes after Run.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.accounting != nil {
		errs = append(errs, a.accounting.Close())
	}
	if a.modules != nil {
		a.modules.Close()
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.obs != nil {
		errs = append(errs, a.obs.Close(ctx))
	}
	return errors.Join(errs...)
}

// Issuer is the URL by which clients know the server.
func (a *App) Issuer() string { return a.issuer }

// Accounting is the address of the RADIUS accounting socket, or "".
func (a *App) Accounting() string {
	if a.accounting == nil {
		return ""
	}
	return a.accounting.Addr().String()
}

// AdminToken is the bearer token of the admin API.
func (a *App) AdminToken() string { return a.adminToken }

// Log is the server's log.
func (a *App) Log() *slog.Logger { return a.obs.Log }

// AddCheck holds /readyz back while check fails. It comes before Run.
func (a *App) AddCheck(name string, check func(context.Context) error) {
	a.obs.Health.AddCheck(name, check)
}
