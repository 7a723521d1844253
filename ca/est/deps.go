package est

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	"simtrust/ca"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// Authority is what issues (ca.Service).
type Authority interface {
	// Profile returns a profile by name.
	Profile(name string) (*ca.Profile, bool)
	// Issue issues what was authorised here. Errors: those of ca.Service.
	Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error)
	// Holder returns the certificate that a client proved to hold. Errors: KindUnauthenticated where it is not ours and valid now.
	Holder(ctx context.Context, peer *x509.Certificate) (ca.Certificate, error)
	// Renew issues a certificate like it for the key of a CSR. Errors: those of Holder and Issue; KindDenied with ca.ReasonNotRenewable.
	Renew(ctx context.Context, peer *x509.Certificate, csr []byte) (ca.Certificate, error)
	// Reissue issues a certificate like one whose holder was authenticated here, for the key of a CSR. Errors: those of Issue; KindDenied
	// with ca.ReasonNotRenewable.
	Reissue(ctx context.Context, old ca.Certificate, csr []byte, requester string) (ca.Certificate, error)
	// Hierarchy is what it issues from now, whose chains /cacerts hands out.
	Hierarchy() *ca.Hierarchy
	// Search lists certificates.
	Search(ctx context.Context, q ca.Query, p ca.Page) ([]ca.Certificate, string, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB        *sqldb.DB
	Authority Authority
	Log       *slog.Logger
	Now       func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Default is the profile of paths without a label; empty: tls-client.
	Default string
	// Labels are the profiles that clients may enrol for; empty: tls-client, tls-server and enterprise.
	Labels []string
	// Enrolments is how often a credential may enrol; zero: [DefaultEnrolments].
	Enrolments rpc.Rate
}

// DefaultEnrolments is what a fleet does not meet, and a client in a loop does.
var DefaultEnrolments = rpc.Rate{PerSecond: 50, Burst: 2000}

func (c Config) complete() Config {
	if c.Default == "" {
		c.Default = "tls-client"
	}
	if len(c.Labels) == 0 {
		c.Labels = []string{"tls-client", "tls-server", "enterprise"}
	}
	if c.Enrolments == (rpc.Rate{}) {
		c.Enrolments = DefaultEnrolments
	}
	return c
}
