package ceremony

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/internal/keys"
)

// Plan is what a run of a ceremony does, or did, in this sequence.
type Plan struct {
	Kept    []string // ids that exist already
	Retired []string // ids that stop issuing and go on to serve status
	Steps   []Step
	CRLs    []string // ids of the roots whose CRL is signed
}

// Empty says that there is nothing to do.
func (p Plan) Empty() bool { return len(p.Retired)+len(p.Steps)+len(p.CRLs) == 0 }

// Step is one certificate to be signed.
type Step struct {
	order
	// Draft is the certificate under a throw-away signature; the keys in it are throw-away ones too where they are not made yet.
	Draft *smx509.Certificate
	// KeyMade and IssuerMade tell whether the keys of subject and issuer exist, SerialFixed whether the run uses the same serial.
	KeyMade, IssuerMade, SerialFixed bool
}

// TBSDigest is the SHA-256 of the bytes that will be signed, false as long as a key or the serial is not known.
func (s Step) TBSDigest() (string, bool) {
	return digest(s.Draft.RawTBSCertificate), s.KeyMade && s.IssuerMade && s.SerialFixed
}

// work is a checked ceremony held against what exists.
type work struct {
	Ceremony
	spec     Spec
	manifest manifest
	at       time.Time
	orders   []order
	certs    map[string]*smx509.Certificate // by id, those that exist, and drafts or new ones as they come
	made     map[string]bool                // by id: the certificate holds the real key
	absent   map[string]bool                // roots whose keys are not at hand
}

// prepare changes nothing.
func (c Ceremony) prepare(ctx context.Context, spec Spec) (*work, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	orders, err := spec.orders()
	if err != nil {
		return nil, err
	}
	w := &work{Ceremony: c, spec: spec, orders: orders, at: spec.At.UTC().Truncate(time.Second), certs: map[string]*smx509.Certificate{}, made: map[string]bool{}}
	if spec.At.IsZero() {
		w.at = c.now().Truncate(time.Second)
	}
	if w.manifest, err = c.store().manifest(); err != nil {
		return nil, err
	}
	if err := w.unchanged(); err != nil {
		return nil, err
	}
	for _, r := range w.manifest.Certificates {
		if w.certs[r.ID], err = c.store().certificate(r); err != nil {
			return nil, err
		}
		w.made[r.ID] = true
	}
	return w, ctx.Err()
}

// unchanged refuses a file that takes back or alters what has been carried out.
func (w *work) unchanged() error {
	declared := make(map[string]string, len(w.orders))
	for _, o := range w.orders {
		declared[o.ID] = o.Declared
	}
	for _, r := range w.manifest.Revoked {
		if !slices.ContainsFunc(w.spec.Revoked, func(s Revoked) bool { return s.ID == r.ID && s.Reason == r.Reason && s.At.Equal(r.At.Time) }) {
			return changed("the revocation of " + r.ID + " is for ever: leave it in the file")
		}
	}
	for _, r := range w.manifest.Certificates {
		if d, ok := declared[r.ID]; !ok || d != r.Declared {
			return changed("the entry of " + r.ID + " has been carried out and now differs or is missing: leave it as it was, and add a new entry that replaces it")
		}
	}
	return nil
}

// drift is how far the instant of a ceremony may lie from the clock.
const drift = 30 * 24 * time.Hour

// due tells whether an order is to be carried out now: it is new, or the delegate has lived two thirds of its life.
func (w *work) due(o order) bool {
	c, ok := w.certs[o.ID]
	return !ok || o.Role == roleOCSP && renewable(c, w.certs[o.Issuer], w.now())
}

// renewable says that a delegate has lived two thirds of its life, and that its issuer lives on.
func renewable(c, issuer *smx509.Certificate, now time.Time) bool {
	life := c.NotAfter.Sub(c.NotBefore)
	return now.After(c.NotBefore.Add(life*2/3)) && issuer.NotAfter.After(now) && issuer.NotAfter.After(c.NotAfter)
}

// plan drafts and inspects all that is due, so that a refusal comes before the first signature.
func (w *work) plan(ctx context.Context) (Plan, error) {
	var p Plan
	for _, o := range w.orders {
		if r, ok := w.manifest.certificate(o.ID); ok && r.Active && !o.Active {
			p.Retired = append(p.Retired, o.ID)
		}
		if !w.due(o) {
			p.Kept = append(p.Kept, o.ID)
			continue
		}
		public, err := w.public(ctx, o)
		if err != nil {
			return Plan{}, err
		}
		w.made[o.ID] = public != nil
		_, made, err := w.draft(o, public)
		if err != nil {
			return Plan{}, err
		}
		w.certs[o.ID] = made
		p.Steps = append(p.Steps, Step{order: o, Draft: made, KeyMade: w.made[o.ID], IssuerMade: w.made[o.Issuer], SerialFixed: w.spec.Seed != ""})
	}
	for _, o := range w.orders {
		if o.Role == roleRoot && w.crlDue(o.ID) {
			p.CRLs = append(p.CRLs, o.ID)
		}
	}
	return p, w.timely(p)
}

// timely refuses a file from another time: what it signs would begin too early or too late.
func (w *work) timely(p Plan) error {
	if off := w.at.Sub(w.now()).Abs(); len(p.Steps) > 0 && off > drift {
		return refused("at lies more than 30 days from the clock: bring the file up to date")
	}
	return nil
}

// public returns the public half of an order's key, or nil if it is not made yet.
func (w *work) public(ctx context.Context, o order) (crypto.PublicKey, error) {
	if o.Role != roleCross {
		return w.Ceremony.public(ctx, o)
	}
	if !w.made[o.Key] {
		return nil, nil
	}
	return w.certs[o.Key].PublicKey, nil
}

// draft makes the certificate of an order under a throw-away signature and inspects it. A nil key is one not made yet, for
// which a throw-away one stands in.
func (w *work) draft(o order, public crypto.PublicKey) (template, made *smx509.Certificate, err error) {
	if public == nil {
		stand, err := keys.Throwaway(o.Algorithm)
		if err != nil {
			return nil, nil, err
		}
		public = stand.Public()
	}
	from, until := w.span(o)
	if template, err = o.template(w.spec.BaseURL, w.serial(o, from), from, until, public); err != nil {
		return nil, nil, failed("cannot build the certificate "+o.ID, err)
	}
	if made, err = draft(template, w.parent(o), public, w.issuerAlgorithm(o)); err != nil {
		return nil, nil, failed("cannot build the certificate "+o.ID, err)
	}
	if err := inspect(made, w.parent(o), o.Role); err != nil {
		return nil, nil, refused(o.ID + ": " + err.Error())
	}
	return template, made, nil
}

// backdate lets a renewed delegate be used at once by relying parties whose clocks are behind.
const backdate = time.Minute

// span is the validity of a new certificate. That of a delegate ends with its issuer at the latest.
func (w *work) span(o order) (from, until time.Time) {
	if o.Role != roleOCSP {
		return w.at, o.Validity.last(w.at)
	}
	issuer := w.certs[o.Issuer]
	from = w.at
	if _, renewed := w.manifest.certificate(o.ID); renewed {
		from = w.now().Truncate(time.Second).Add(-backdate)
	}
	if from.Before(issuer.NotBefore) {
		from = issuer.NotBefore
	}
	if until = o.Validity.last(from); until.After(issuer.NotAfter) {
		until = issuer.NotAfter
	}
	return from, until
}

func (w *work) parent(o order) *smx509.Certificate {
	if o.Role == roleRoot {
		return nil
	}
	return w.certs[o.Issuer]
}

func (w *work) issuerAlgorithm(o order) keys.KeyAlgorithm {
	for _, issuer := range w.orders {
		if issuer.ID == o.Issuer {
			return issuer.Algorithm
		}
	}
	return o.Algorithm
}

const serialBytes = 16

// serial draws 126 random bits, or derives them from the seed.
func (w *work) serial(o order, from time.Time) *big.Int {
	b := make([]byte, serialBytes)
	if w.spec.Seed == "" {
		_, _ = rand.Read(b) // never fails (Go 1.24)
	} else {
		h := hmac.New(sha256.New, []byte(w.spec.Seed))
		h.Write([]byte(o.ID + " " + from.Format(time.RFC3339)))
		copy(b, h.Sum(nil))
	}
	b[0] = b[0]&0x3f | 0x40 // positive, and always 16 octets
	return new(big.Int).SetBytes(b)
}
