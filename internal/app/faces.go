package app

import (
	"context"
	"time"

	"simtrust/authn"
	"simtrust/internal/egress"
	"simtrust/internal/rpc"
	"simtrust/simshield/access"
	"simtrust/simshield/mobileid"
	"simtrust/simshield/mss"
)

// callbackTime is how long an application may take to be told of an end.
const callbackTime = 10 * time.Second

// faces are the protocols of others onto the SIM as a signing device, with the names that applications have there.
type faces struct {
	access   *access.Service
	mobileID *mobileid.Service
	mss      *mss.Service
}

// faces builds the faces on the module.
func (a *App) faces(m *modules, c Simshield) *faces {
	f := &faces{access: access.New(access.Deps{DB: a.db, Log: a.obs.Log, Now: time.Now, Known: func(ctx context.Context, id string) error {
		_, err := m.account.App(ctx, id)
		return err
	}})}
	client := authn.Proxies(a.cfg.Proxies).Client
	f.mobileID = mobileid.New(mobileid.Deps{DB: a.db, Shield: m.shield.Service, Parties: f.access.Door(access.MobileID), Client: client, Now: time.Now})
	f.mss = mss.New(mss.Deps{DB: a.db, Shield: m.shield.Service, Parties: f.access.Door(access.MSS), Client: client,
		Callbacks: egress.New(egress.Options{Loopback: c.AllowLoopback}).Client(egress.Manner{Timeout: callbackTime}), Log: a.obs.Log, Now: time.Now},
		mss.Config{ID: a.issuer + mss.Path, Life: c.Life, PlainCallbacks: c.AllowLoopback})
	return f
}

func (f *faces) mount(r *rpc.Router) {
	f.access.Mount(r)
	f.mobileID.Mount(r)
	f.mss.Mount(r)
}

// Close answers those who wait.
func (f *faces) Close() {
	f.mobileID.Close()
	f.mss.Close()
}
