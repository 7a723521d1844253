package simshield

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// Reasons of refused registrations.
const (
	ReasonRegistration        = "registration_refused" // invalid
	ReasonRegistrationOpen    = "registration_open"    // conflict: the applet on the card has one open
	ReasonUnknownRegistration = "unknown_registration" // not found
	ReasonApplet              = "applet_taken"         // conflict: the bank applet on the card is another bank's
	ReasonCardBlocked         = "card_blocked"         // conflict: the PIN is blocked on this card; the person needs another
	ReasonNotAwaiting         = "not_awaiting"         // conflict: nobody's approval is awaited
	ReasonSameOperator        = "same_operator"        // conflict: one operator approves once, and not the own registration
)

// Causes of failed registrations, beside those of transactions.
const (
	CauseWrongCode   = "wrong_code"
	CauseUnproven    = "possession_unproven" // the proof of possession is not the key's
	CauseUncertified = "not_certified"       // the authority refused; Registration.Reason tells
	CauseRefused     = "refused"             // by the person
	CauseExpired     = "expired"
	CauseUnused      = "unused" // of a key: the registration had ended when it was certified
)

// Registration states.
const (
	RegistrationAwaiting = "awaiting" // two operators' approval
	RegistrationOpen     = "open"
	RegistrationDone     = "done"
	RegistrationFailed   = "failed"
)

const (
	registrationPrefix = "reg_"
	registrationLife   = 24 * time.Hour
	enrolTime          = 10 * time.Minute // a prompt for the code
	codeTries          = 3
	codeDigits         = 8
	approvals          = 2
)

// RegisterReq is what a party that has identified a person asks for.
type RegisterReq struct {
	Party       string
	Number      simtrust.Number
	Application applet.Application
	Kinds       []applet.Kind
	Algorithm   applet.Algorithm
	Identified  Identified
	// Subject is the person's, by the rules of the certificate profiles.
	Subject ca.Subject
	// NationalID is the person's national identity number, for faces that ask for it; it may be empty. Only a keyed hash is kept.
	NationalID string
}

// Registration lets keys on a card be certified.
type Registration struct {
	ID          string
	Party       string
	Application applet.Application
	Algorithm   applet.Algorithm
	Identified  Identified
	State       string
	Cause       string
	// Reason is the authority's, where Cause is CauseUncertified: a word of package ca or ca/csr; it may have none.
	Reason  string
	Created time.Time
	Expires time.Time
	// Certificates are those issued so far, by kind: ca's ids.
	Certificates map[applet.Kind]string
	// Code is what the person enters on the card. It is there once, in the answer to Register.
	Code string

	tenure  simtrust.TenureID
	iccid   string
	subject ca.Subject
	person  string
}

// Register opens a registration: the card asks the person for the code that the party hands out, makes its keys, and gets certificates for
// them. Where the person has blocked a PIN before, of whatever applet, and did not come to the counter, two operators must approve first. On a
// card whose PIN for such keys is blocked there is nothing to register: ReasonCardBlocked. What the authority would not certify is refused at
// once, for its reason (ca.ReasonSubject, ca.ReasonUnknownIssuer …).
func (s *Service) Register(ctx context.Context, req RegisterReq) (Registration, error) {
	p, err := s.party(ctx, req.Party)
	if err != nil {
		return Registration{}, err
	}
	if err := req.check(); err != nil {
		return Registration{}, err
	}
	h, err := s.holders.Current(ctx, req.Number)
	switch {
	case err != nil:
		return Registration{}, err
	case !h.Usable() || primary(h) == "":
		return Registration{}, errNotCurrent
	}
	now := s.now()
	r := Registration{
		ID: simtrust.NewID("reg"), Party: p.ID, Application: req.Application, Algorithm: req.Algorithm, Identified: req.Identified,
		State: RegistrationOpen, Created: now, Expires: now.Add(registrationLife), Code: newCode(), tenure: h.ID, iccid: primary(h), subject: req.Subject,
		person: s.personOf(h.ID, req.NationalID),
	}
	if err := s.certifiable(r, req.Kinds); err != nil {
		return Registration{}, err
	}
	if err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return s.openRegistration(ctx, tx, &r, req.Kinds, p.Name) }); err != nil {
		return Registration{}, err
	}
	return r, nil
}

// certifiable holds a registration to what the authority certifies, before a person makes keys for nothing.
func (s *Service) certifiable(r Registration, kinds []applet.Kind) error {
	for _, kind := range kinds {
		err := s.authority.Check(r.certificate(kind), csr.Algorithm(r.Algorithm.String()))
		if refusal, ok := errors.AsType[*simtrust.Error](err); ok {
			return &simtrust.Error{Kind: refusal.Kind, Reason: refusal.Reason, Op: "simshield.register",
				Msg: fmt.Sprintf("the %s key's certificate, of profile %s: %s", kind, profiles[r.Application][kind], refusal.Msg)}
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (r RegisterReq) check() error {
	kinds := slices.Compact(slices.Sorted(slices.Values(r.Kinds)))
	switch {
	case profiles[r.Application] == nil:
		return invalid(ReasonRegistration, "application: bank, eid or enterprise")
	case len(kinds) == 0 || len(kinds) != len(r.Kinds):
		return invalid(ReasonRegistration, "kinds: one or more of login, document and transaction, each once")
	case r.Algorithm != applet.P256 && r.Algorithm != applet.SM2:
		return invalid(ReasonRegistration, "algorithm: P-256 or SM2")
	case r.Identified != AtCounter && r.Identified != Remotely:
		return invalid(ReasonRegistration, "identified: counter or remote")
	case r.NationalID != "" && !validNationalID(r.NationalID):
		return invalid(ReasonRegistration, "national_identity_number: up to 32 letters, digits and hyphens")
	}
	return nil
}

// openRegistration puts the registration in before it looks at what the card had: from then on no other of the applet brings keys, so that
// what it sees is all there is.
func (s *Service) openRegistration(ctx context.Context, tx *sqldb.Tx, r *Registration, kinds []applet.Kind, partyName string) error {
	if err := s.countPrompt(ctx, tx, asker{r.Party, r.iccid}, r.Created); err != nil {
		return err
	}
	r.State = RegistrationAwaiting
	inserted, err := insertRegistration(ctx, tx, *r, kinds, codeHash(r.ID, r.Code))
	switch {
	case err != nil:
		return err
	case !inserted:
		return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonRegistrationOpen, Msg: "the applet on the card has a registration open"}
	}
	if err := cardTakes(ctx, tx, r.iccid, kinds); err != nil {
		return err
	}
	foreign, blocked, err := history(ctx, tx, *r)
	switch {
	case err != nil:
		return err
	case foreign:
		return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonApplet, Msg: "the bank applet on the card holds another bank's keys"}
	case blocked && r.Identified != AtCounter:
		return nil
	}
	r.State = RegistrationOpen
	if err := moveRegistration(ctx, tx, r.ID, RegistrationOpen, ""); err != nil {
		return err
	}
	return s.askNext(ctx, tx, *r, partyName)
}

// cardTakes refuses kinds of keys that are behind a PIN which is known to be blocked on a card: it is so for good, and no code helps.
func cardTakes(ctx context.Context, tx *sqldb.Tx, iccid string, kinds []applet.Kind) error {
	for _, kind := range kinds {
		blocked, err := pinBlocked(ctx, tx, iccid, kind == applet.KindLogin)
		if err != nil {
			return err
		}
		if blocked {
			return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonCardBlocked, Op: "simshield.register",
				Msg: fmt.Sprintf("the card's PIN for %s keys is blocked for good: replace the card, then register again", kind)}
		}
	}
	return nil
}

// Approve counts an operator's approval of a registration that awaits two. An operator is a client; two people take two clients, each with
// the secret of one of them.
func (s *Service) Approve(ctx context.Context, operator, id string) (Registration, error) {
	var r *Registration
	err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
		if r, err = lockRegistration(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case r == nil:
			return errUnknownRegistration
		case r.State != RegistrationAwaiting:
			return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonNotAwaiting, Msg: "the registration awaits no approval"}
		case operator == r.Party:
			return errSameOperator
		}
		n, err := approve(ctx, tx, id, operator, s.now())
		switch {
		case err != nil:
			return err
		case n == 0:
			return errSameOperator
		case n < approvals:
			return nil
		}
		p, err := s.parties.Party(ctx, r.Party)
		if err != nil {
			return err
		}
		r.State = RegistrationOpen
		return errors.Join(moveRegistration(ctx, tx, id, RegistrationOpen, ""), s.askNext(ctx, tx, *r, p.Name))
	})
	if err != nil {
		return Registration{}, err
	}
	return *r, nil
}

// Registration returns a party's registration; ReasonUnknownRegistration for another's.
func (s *Service) Registration(ctx context.Context, party, id string) (Registration, error) {
	r, err := findRegistration(ctx, s.db, id)
	switch {
	case err != nil:
		return Registration{}, err
	case r == nil || r.Party != party:
		return Registration{}, errUnknownRegistration
	}
	r.Certificates, err = certificatesOf(ctx, s.db, id)
	return *r, err
}

// askNext asks the card for the next key of a registration, or ends it where there is none.
func (s *Service) askNext(ctx context.Context, tx *sqldb.Tx, r Registration, partyName string) error {
	kind, challenge, err := nextEnrolment(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	if kind == 0 {
		s.metrics.enrolled.WithLabelValues(r.Application.String(), RegistrationDone).Inc()
		return moveRegistration(ctx, tx, r.ID, RegistrationDone, "")
	}
	command := r.enrol(kind, challenge, partyName)
	return s.gateway.Submit(ctx, tx, gateway.Submission{ICCID: r.iccid, TAR: ota.TAR(r.Application.TAR()), Data: command.Append(nil),
		Expires: s.now().Add(enrolTime), Ref: enrolmentRef(r.ID, kind, stepEnrol)})
}

func (r Registration) enrol(kind applet.Kind, challenge [16]byte, partyName string) applet.Enrol {
	return applet.Enrol{ID: appletID(r.ID), Kind: kind, Algorithm: r.Algorithm, Party: partyName, Challenge: challenge, Language: applet.Chinese}
}

// newCode is a one-time code of digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

func codeHash(id, code string) []byte {
	sum := sha256.Sum256([]byte(id + "\x00" + code))
	return sum[:]
}

func codeMatches(id, code string, hash []byte) bool {
	return subtle.ConstantTimeCompare(codeHash(id, code), hash) == 1
}

// stands says that a registration's holding is what it was.
func (r Registration) stands(h renumber.Holding) bool {
	return h.ID == r.tenure && h.Usable() && primary(h) == r.iccid
}

var (
	errUnknownRegistration = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownRegistration, Msg: "you have no registration of this id"}
	errSameOperator        = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonSameOperator, Msg: "an operator approves once, and not the own registration"}
)
