package app

import (
	"cmp"
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/ca/ceremony"
	"simtrust/ca/est"
	"simtrust/ca/gm"
	"simtrust/ca/status"
	"simtrust/ca/tlog"
	"simtrust/ca/tsa"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

// authority is the certificate authority with its keys and the files that its certificates point to.
type authority struct {
	*ca.Service
	status   *status.Service
	est      *est.Service
	pairs    *gm.Service
	stamps   *tsa.Service
	acme     *acme.Service
	log      *tlog.Service
	follower *follower
	// disclosures are the operator's own; the register serves what stands in for them.
	disclosures disclosures
}

// logGather is how long the log waits for further certificates, of the ten seconds in which it must have them.
const logGather = 200 * time.Millisecond

// libraryLog has what the log's library says go where the server's own log goes; it takes one logger for a process.
var libraryLog sync.Once

// wireAuthority loads the hierarchy and builds the authority on it, if one is configured.
func (a *App) wireAuthority(ctx context.Context, m *modules) error {
	if a.cfg.CA.Dir == "" {
		return nil
	}
	c := a.cfg.CA
	c.complete(a.issuer)
	vault, err := keys.OpenVault(ctx, keys.VaultOptions{Dir: c.Keys, Secret: c.SecretFile, PKCS11: c.PKCS11})
	if err != nil {
		return err
	}
	m.closers = append(m.closers, func() { _ = vault.Close() })
	onDisk, err := openHierarchy(ctx, c.Dir, vault, func(h *ca.Hierarchy) error { return c.own(a.issuer, h) })
	if err != nil {
		return err
	}
	if c.documentationArc() && knownElsewhere(a.issuer) {
		a.obs.Log.WarnContext(ctx, "certificate authority: certificates name policies under the arc for documentation (RFC 5612); set ca.policy_arc")
	}
	m.authority = &authority{}
	if m.authority.disclosures, err = readDisclosures(c.Disclosures); err != nil {
		return err
	}
	m.authority.follower = &follower{hierarchy: onDisk, parts: m.authority, log: a.obs.Log, lead: cmp.Or(c.Lead, defaultLead[a.db.Dialect()])}
	if err := a.wireRegister(m, c); err != nil {
		return err
	}
	if err := a.wireFaces(ctx, m, c); err != nil {
		return err
	}
	m.authority.OnChange(m.authority.status.Changed)
	outbox.On(m.outbox, "ca", m.authority.TenureEnded)
	outbox.On(m.outbox, "ca", m.authority.SIMChanged)
	outbox.On(m.outbox, "ca log", m.authority.log.Issued, outbox.Gathered(logGather, 64))
	return nil
}

// wireRegister builds what issues and revokes, what tells the status, and the log.
func (a *App) wireRegister(m *modules, c CA) (err error) {
	onDisk := m.authority.follower.hierarchy
	loaded := onDisk.now.Load().Hierarchy
	m.authority.Service, err = ca.New(ca.Deps{DB: a.db, Outbox: m.outbox, Tenures: usableTenures{m.renumber}, Tokens: a.keys, Log: a.obs.Log, Now: time.Now},
		loaded, ca.Config{BaseURL: c.BaseURL, SubjectKey: a.keys.HMAC("ca subject serial number"), Shards: c.Shards, Node: c.Node,
			PolicyArc: c.PolicyArc, Disclosures: m.authority.disclosures.statements(a.issuer), Qualified: ca.Qualified(c.Qualified)})
	if err != nil {
		return err
	}
	m.closers = append(m.closers, m.authority.Close)
	m.authority.status, err = status.New(status.Deps{DB: a.db, Register: m.authority.Service, Log: a.obs.Log, Now: time.Now}, loaded,
		status.Config{CRL: m.authority.URLs().CRL, Shards: m.authority.ShardCount(), OtherLists: onDisk})
	if err != nil {
		return err
	}
	libraryLog.Do(func() { klog.SetSlogLogger(a.obs.Log) })
	m.authority.log, err = tlog.New(tlog.Deps{DB: a.db, Register: m.authority.Service, Log: a.obs.Log, Now: time.Now},
		tlog.Config{Dir: c.LogDir, Origin: tlog.Origin(c.BaseURL), Seed: a.keys.HMAC("ca log checkpoints")})
	if err == nil {
		m.closers = append(m.closers, m.authority.log.Close)
	}
	return err
}

// wireFaces builds the foreign interfaces onto the register.
func (a *App) wireFaces(ctx context.Context, m *modules, c CA) (err error) {
	register := m.authority.Service
	if m.authority.stamps, err = a.timeStamping(ctx, register); err != nil {
		return err
	}
	m.authority.est, err = est.New(est.Deps{DB: a.db, Authority: register, Log: a.obs.Log, Now: time.Now},
		est.Config{Default: c.EST.Default, Labels: c.EST.Labels})
	if err != nil {
		return err
	}
	if m.authority.pairs, err = gm.New(gm.Deps{Authority: register, Keys: gm.Forgetful{}, Log: a.obs.Log}); err != nil {
		return err
	}
	if m.authority.acme, err = a.acme(register, c.ACME); err != nil {
		return err
	}
	m.closers = append(m.closers, m.authority.acme.Close)
	return nil
}

// timeStamping stamps under the policy of the profile timestamp. A hierarchy without a delegate for it has none: nil.
func (a *App) timeStamping(ctx context.Context, register *ca.Service) (*tsa.Service, error) {
	hierarchy := register.Hierarchy()
	if hierarchy.TSA == nil {
		return nil, nil
	}
	policy, ok := register.Policy("timestamp")
	if !ok {
		return nil, errors.New("certificate authority: time stamps need the policy of the profile timestamp")
	}
	return tsa.New(ctx, tsa.Deps{DB: a.db, Log: a.obs.Log, Clock: tsa.SystemClock()}, hierarchy, tsa.Config{Policies: []asn1.ObjectIdentifier{policy}})
}

// metrics are what operators watch of every part.
func (a *authority) metrics() []prometheus.Collector {
	return slices.Concat(a.Metrics(), a.status.Metrics(), a.log.Metrics(), []prometheus.Collector{a.follower})
}

// run does the work of every part until ctx ends.
func (a *authority) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.Run(ctx) })
	g.Go(func() error { return a.status.Run(ctx) })
	g.Go(func() error { return a.acme.Run(ctx) })
	g.Go(func() error { return a.log.Run(ctx) })
	g.Go(func() error { return a.follower.run(ctx) })
	return g.Wait()
}

// mount mounts the authority's operations and the public files of its hierarchy.
func (a *authority) mount(r *rpc.Router) {
	a.Mount(r)
	a.status.Mount(r)
	a.acme.Mount(r)
	a.est.Mount(r)
	a.pairs.Mount(r)
	a.log.Mount(r)
	a.disclosures.mount(r)
	if a.stamps != nil {
		a.stamps.Mount(r)
	}
	a.follower.mount(r)
}

// usableTenures is renumber as the authority sees it: which tenures may act now.
type usableTenures struct{ numbers *renumber.Service }

// Current implements ca.Tenures.
func (u usableTenures) Current(ctx context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	live, err := u.numbers.Live(ctx, ids)
	if err != nil {
		return nil, err
	}
	var usable []simtrust.TenureID
	for id, h := range live {
		if h.Usable() {
			usable = append(usable, id)
		}
	}
	return usable, nil
}

// MakeCA makes the hierarchy of a sandbox in the folder that cfg names, where there is none, as simtrust ca init does from a file.
func MakeCA(ctx context.Context, cfg Config) (err error) {
	c := cfg.CA
	c.complete(cfg.Issuer)
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	vault, err := keys.OpenVault(ctx, keys.VaultOptions{Dir: c.Keys, Secret: c.SecretFile, CreateSecret: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vault.Close()) }()
	if _, err = (ceremony.Ceremony{Dir: c.Dir, Vault: vault}).Open(ctx, ceremony.Default(c.BaseURL, time.Now())); err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	return nil
}
