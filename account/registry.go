package account

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Reasons of errors about apps.
const (
	ReasonUnknownApp      = "unknown_app"       // not_found
	ReasonAppExists       = "app_exists"        // conflict: the id is taken
	ReasonAppSuspended    = "app_suspended"     // denied
	ReasonScopeNotAllowed = "scope_not_allowed" // denied: the app was not registered for a scope or purpose
	ReasonNoCredential    = "no_credential"     // unprocessable: a public app has nothing to rotate
	ReasonInvalidOverlap  = "invalid_overlap"   // invalid
)

var (
	errUnknownApp = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownApp, Msg: "no app has this id"}
	errAppExists  = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonAppExists, Msg: "the id is taken"}
	errSuspended  = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonAppSuspended, Msg: "the app is suspended"}
	errScope      = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonScopeNotAllowed, Msg: "the app is not registered for a scope"}
	errOverlap    = invalid(ReasonInvalidOverlap, "the overlap is 0 to 30 days")
	errPurpose    = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonScopeNotAllowed, Msg: "the app is not registered for the purpose"}
)

// MaxOverlap bounds how long replaced credentials may stay valid.
const MaxOverlap = 30 * 24 * time.Hour

const maxPage = 1000

// Registered is an app with its client secret in clear, empty unless the app authenticates with one. It cannot be had again.
type Registered struct {
	App    App
	Secret string
}

// Rotation replaces an app's credentials: by a fresh secret, or by JWKS for an app with keys.
type Rotation struct {
	ID   string
	JWKS []byte
	// Overlap is how long the old credentials stay valid, 0 to MaxOverlap. After a leak it is 0.
	Overlap time.Duration
}

// record is an app as stored: with all its credentials, whatever their time.
type record struct {
	App
	credentials []credential
}

// RegisterApp adds an app. Errors: KindInvalid with the reason of the member at fault; KindConflict, ReasonAppExists.
func (s *Service) RegisterApp(ctx context.Context, r Registration) (Registered, error) {
	app, keys, err := r.app(simtrust.NewID("app"))
	if err == nil {
		err = s.checkKnown(app.Scopes)
	}
	if err != nil {
		return Registered{}, err
	}
	app.Registered = s.now().UTC().Truncate(time.Millisecond)
	credentials, secret := newCredentials(app.Auth, keys)
	rec := record{app, credentials}
	if err := s.db.InTx(ctx, func(tx *sqldb.Tx) error { return insertApp(ctx, tx, rec) }); err != nil {
		return Registered{}, err
	}
	return s.registered(rec, secret)
}

// RotateApp replaces an app's credentials; a suspended app's too. Errors: KindNotFound, ReasonUnknownApp; KindInvalid,
// ReasonInvalidKeys or ReasonInvalidOverlap; KindUnprocessable, ReasonNoCredential.
func (s *Service) RotateApp(ctx context.Context, r Rotation) (Registered, error) {
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return Registered{}, errOverlap
	}
	var rec record
	var secret string
	err := s.alter(ctx, r.ID, func(tx *sqldb.Tx, old record, now time.Time) error {
		keys, err := r.keys(old.Auth)
		if err != nil {
			return err
		}
		rec = old
		fresh, made := newCredentials(old.Auth, keys)
		secret = made
		if rec.credentials, err = replace(old.credentials, fresh, now, now.Add(r.Overlap)); err != nil {
			return err
		}
		return updateCredentials(ctx, tx, rec)
	})
	if err != nil {
		return Registered{}, err
	}
	return s.registered(rec, secret)
}

// keys returns the new keys of an app that authenticates by auth.
func (r Rotation) keys(auth string) ([]publicKey, error) {
	if auth == AuthNone {
		return nil, &simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: ReasonNoCredential, Msg: "a public app has no credential"}
	}
	return Registration{Auth: auth, JWKS: r.JWKS}.keys()
}

func (s *Service) registered(rec record, secret string) (Registered, error) {
	app, err := present(rec.App, rec.credentials, s.now())
	return Registered{App: app, Secret: secret}, err
}

// SuspendApp stops an app from doing anything, at once on this node and within a second on others. Again it changes nothing.
// Errors: KindNotFound, ReasonUnknownApp.
func (s *Service) SuspendApp(ctx context.Context, id string) (App, error) {
	return s.setSuspended(ctx, id, true)
}

// ResumeApp undoes SuspendApp.
func (s *Service) ResumeApp(ctx context.Context, id string) (App, error) {
	return s.setSuspended(ctx, id, false)
}

func (s *Service) setSuspended(ctx context.Context, id string, suspended bool) (App, error) {
	var rec record
	err := s.alter(ctx, id, func(tx *sqldb.Tx, old record, now time.Time) error {
		rec = old
		rec.Suspended = suspended
		return updateSuspended(ctx, tx, rec, now)
	})
	if err != nil {
		return App{}, err
	}
	return present(rec.App, rec.credentials, s.now())
}

// alter changes one app in one transaction and makes this node read it anew.
func (s *Service) alter(ctx context.Context, id string, fn func(tx *sqldb.Tx, old record, now time.Time) error) error {
	now := s.now()
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(func() { s.apps.forget(id) })
		old, err := recordByID(ctx, tx, id)
		if err != nil {
			return err
		}
		return fn(tx, old, now)
	})
}

// App returns an app as it was at most a second ago; a suspended one too. The caller must not change what it holds. Errors:
// KindNotFound, ReasonUnknownApp.
func (s *Service) App(ctx context.Context, id string) (App, error) {
	if app, ok := s.apps.get(id); ok {
		return app, nil
	}
	keep := s.apps.reading(id)
	rec, err := s.records.Do(ctx, id)
	if err != nil {
		return App{}, err
	}
	app, err := present(rec.App, rec.credentials, s.now())
	if err == nil {
		keep(app)
	}
	return app, err
}

// ListApps returns up to limit apps (0: the most, 1,000) in the order of their ids, from the one after on.
func (s *Service) ListApps(ctx context.Context, after string, limit int) ([]App, error) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	recs, err := recordsAfter(ctx, s.db, after, limit)
	if err != nil {
		return nil, err
	}
	apps := make([]App, len(recs))
	for i, rec := range recs {
		if apps[i], err = present(rec.App, rec.credentials, s.now()); err != nil {
			return nil, err
		}
	}
	return apps, nil
}
