package gm

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/ca"
)

// Authority is what issues (ca.Service).
type Authority interface {
	// Profile returns a profile by name.
	Profile(name string) (*ca.Profile, bool)
	// Redeem issues what a token authorises. Errors: those of ca.Service.
	Redeem(ctx context.Context, req ca.RedeemReq) (ca.Certificate, error)
	// Issue issues what was authorised here. Errors: those of ca.Service.
	Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error)
	// Revoke revokes.
	Revoke(ctx context.Context, req ca.RevokeReq) (ca.Certificate, error)
}

// KeyCentre is the key management side.
type KeyCentre interface {
	// MakeKey makes the encryption key that goes with a signing certificate, and keeps it as its rules for recovery say.
	MakeKey(ctx context.Context, signing ca.Certificate) (*sm2.PrivateKey, error)
}

// Forgetful makes keys and keeps none: nobody but the subscriber can decrypt, and a key that is lost stays lost.
type Forgetful struct{}

// MakeKey implements [KeyCentre].
func (Forgetful) MakeKey(context.Context, ca.Certificate) (*sm2.PrivateKey, error) {
	return sm2.GenerateKey(rand.Reader)
}

// Deps is what the package stands on.
type Deps struct {
	Authority Authority
	Keys      KeyCentre
	Log       *slog.Logger
}
