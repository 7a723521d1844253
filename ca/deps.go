package ca

import (
	"context"
	"crypto"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca/qc"
	"simtrust/internal/sqldb"
)

// Deps is what the module stands on.
type Deps struct {
	DB      *sqldb.DB
	Outbox  Events
	Tenures Tenures
	Tokens  Tokens
	Log     *slog.Logger
	Now     func() time.Time
}

// Events takes what happened, to be told once the transaction is committed. Events of one key are told in the order of seq. An
// error undoes the transaction.
type Events interface {
	Append(ctx context.Context, tx *sqldb.Tx, key simtrust.TenureID, seq int64, event any) error
}

// Tenures tells whether tenures are current.
type Tenures interface {
	// Current returns those of ids that may act now. KindUnavailable: it cannot tell, and the use must fail.
	Current(ctx context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error)
}

// Tokens signs and verifies authorisation tokens, ES256 (keys.Ring).
type Tokens interface {
	SignJWT(typ string, claims jwt.Claims) (string, error)
	PublicKey(kid string) (crypto.PublicKey, bool)
}

// Config is what the operator sets.
type Config struct {
	// BaseURL is where clients reach OCSP, CRLs and issuer certificates: plain http, without a slash at the end. It is baked into
	// certificates.
	BaseURL string
	// SubjectKey keys the subjects' serial numbers: at least 256 bits, the same for the life of the installation.
	SubjectKey []byte
	// Shards is into how many parts an issuer's CRL is cut; 0: 16. A certificate keeps the shard it was issued with.
	Shards int
	// Node begins the serial numbers made here, so that nodes never meet; 0x01 to 0x7f, 0: 0x01.
	Node byte
	// PolicyArc is the object identifier under which the profiles' policies are; empty: 1.3.6.1.4.1.32473.1, the arc for
	// documentation (RFC 5612).
	PolicyArc string
	// Qualified is what certificates of eID profiles claim in law.
	Qualified Qualified
	// Disclosures are the PKI disclosure statements; empty: /ca/pds/en under the host of BaseURL.
	Disclosures []qc.Disclosure
	// Signatures bounds how many are under way at once, from before the record to the outcome; 0: 4096. A key that hangs is given no more.
	Signatures int
	// SigningTime bounds the time between the record and the outcome; 0: 3 s. After it a row is abandoned; it is the same on all nodes.
	SigningTime time.Duration
}

// Qualified switches on the statements that make a legal claim (ETSI EN 319 412-5, sections 4.2.1, 4.2.2 and 4.2.4). Without a
// ground in law none may be made; the ground stands in the audit trail of every certificate that claims it.
type Qualified struct {
	Compliance  bool
	Legislation []string
	SSCD        bool
	// LegalGround says by what right, such as the supervisory body's decision and its date.
	LegalGround string
}

func (q Qualified) claims() bool { return q.Compliance || q.SSCD || len(q.Legislation) > 0 }
