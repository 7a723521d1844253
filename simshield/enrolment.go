package simshield

import (
	"context"
	"errors"
	"strings"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// Steps of an enrolment, each a packet.
const (
	stepEnrol   = "enrol"   // the key is made and proven
	stepInstall = "install" // the certificate is known to the card
)

// enrolmentRef is what the gateway knows a packet of an enrolment by.
func enrolmentRef(registration string, kind applet.Kind, step string) string {
	return registration + "/" + kind.String() + "/" + step
}

// enrolling is an enrolment that a packet is about.
type enrolling struct {
	Registration
	kind      applet.Kind
	step      string
	challenge [16]byte
	code      []byte // its hash
	key       string
	state     string
}

func (s *Service) enrolling(ctx context.Context, ref string) (*enrolling, error) {
	parts := strings.Split(ref, "/")
	if len(parts) != 3 {
		return nil, nil
	}
	kind, _ := applet.ParseKind(parts[1])
	e, err := findEnrolment(ctx, s.db, parts[0], kind)
	if e != nil {
		e.kind, e.step = kind, parts[2]
	}
	return e, err
}

// enrolled takes a card's answer in an enrolment.
func (s *Service) enrolled(ctx context.Context, r gateway.Reply, answer applet.Response) error {
	e, err := s.enrolling(ctx, r.Ref)
	if err != nil {
		return err
	}
	if e == nil || e.State != RegistrationOpen {
		return s.settle(ctx, r.Packet)
	}
	switch {
	case e.step == stepEnrol && answer.Result == applet.Enrolled:
		return s.certify(ctx, e, *answer.Enrolment, r.Packet)
	case e.step == stepInstall && answer.Result == applet.Done:
		return s.installed(ctx, e, r.Packet)
	case answer.Result == applet.Cancelled || answer.Result == applet.NoResponse:
		return s.failEnrolment(ctx, e, CauseRefused, r.Packet, gateway.Answered)
	}
	return s.failEnrolment(ctx, e, answered[answer.Result].cause, r.Packet, gateway.Answered)
}

// enrolmentFailed takes the end of a packet of an enrolment. What ran out may be on the screen, and is recalled.
func (s *Service) enrolmentFailed(ctx context.Context, f gateway.Failure) error {
	e, err := s.enrolling(ctx, f.Ref)
	if err != nil {
		return err
	}
	if e == nil || e.State != RegistrationOpen {
		return s.settle(ctx, f.Packet)
	}
	cause := failures[f.Cause].cause
	if cause == "" {
		cause = CauseExpired
	}
	return s.once(ctx, e, f.Packet, f.Cause, func(tx *sqldb.Tx, r Registration) error {
		if err := s.fail(ctx, tx, e, cause); err != nil || f.Cause != gateway.Expired {
			return err
		}
		return s.recallRegistration(ctx, tx, r)
	})
}

// certify has a fresh key certified: the code is the one that was handed out, the card has the key, and the number is still held with
// this card.
func (s *Service) certify(ctx context.Context, e *enrolling, proof applet.Enrolment, packet string) error {
	if !codeMatches(e.ID, proof.Code, e.code) {
		return s.wrongCode(ctx, e, packet)
	}
	p, err := s.parties.Party(ctx, e.Party)
	if err != nil {
		return err
	}
	request, err := proof.Request(e.enrol(e.kind, e.challenge, p.Name))
	if err != nil {
		return s.failEnrolment(ctx, e, CauseUnproven, packet, gateway.Answered)
	}
	asked := s.now()
	live, err := s.holders.Live(ctx, []simtrust.TenureID{e.tenure})
	if err != nil {
		return err
	}
	h, ok := live[e.tenure]
	if !ok || !e.stands(h) {
		return s.failEnrolment(ctx, e, CauseLostOwnership, packet, gateway.Answered)
	}
	certificate, err := s.issue(ctx, e.issuance(request, proof.PublicKey, asked))
	switch {
	case err == nil:
	case passing(err) || ctx.Err() != nil: // the answer comes again
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "the key is not certified yet", Err: err}
	default:
		s.log.WarnContext(ctx, "a key in a card was not certified", "registration", e.ID, "error", err)
		return s.uncertified(ctx, e, simtrust.ReasonOf(err), packet)
	}
	k := Key{
		ID: simtrust.NewID("key"), Party: e.Party, Tenure: e.tenure, ICCID: e.iccid, Application: e.Application, Kind: e.kind, Algorithm: e.Algorithm,
		PublicKey: proof.PublicKey, Certificate: certificate.ID, Raw: certificate.Raw, Chain: certificate.Chain, Identified: e.Identified,
		person: e.person, State: keyPending, Created: s.now(),
	}
	k.CooledFrom = cooledFrom(h)
	return s.certified(ctx, e, k, packet)
}

// uncertified ends a registration by the authority's refusal, and keeps its reason.
func (s *Service) uncertified(ctx context.Context, e *enrolling, reason, packet string) error {
	return s.once(ctx, e, packet, gateway.Answered, func(tx *sqldb.Tx, _ Registration) error {
		return errors.Join(noteRefusal(ctx, tx, e.ID, reason), s.fail(ctx, tx, e, CauseUncertified))
	})
}

// once does what follows from a packet of an enrolment that has ended. The registration is locked, as by all that changes it.
func (s *Service) once(ctx context.Context, e *enrolling, packet string, cause gateway.Cause, follow func(tx *sqldb.Tx, r Registration) error) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		r, err := lockRegistration(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		settled, err := s.gateway.Settle(ctx, tx, cause, packet)
		if err != nil || len(settled) == 0 {
			return err
		}
		return follow(tx, *r)
	})
}

// certified records the key and tells the card.
func (s *Service) certified(ctx context.Context, e *enrolling, k Key, packet string) error {
	return s.once(ctx, e, packet, gateway.Answered, func(tx *sqldb.Tx, r Registration) error {
		suspected, err := suspectedFrom(ctx, tx, e.tenure, k.Created)
		if err != nil {
			return err
		}
		k.CooledFrom = later(k.CooledFrom, suspected)
		if r.State != RegistrationOpen {
			return errors.Join(insertKey(ctx, tx, e.ID, k), s.endKeys(ctx, tx, keyEnded, CauseUnused, "id = $3", k.ID))
		}
		install := applet.Install{ID: appletID(e.ID), Kind: e.kind, KeyHash: k.Algorithm.Sum(k.PublicKey[:]), Certificate: k.Algorithm.Sum(k.Raw)}
		return errors.Join(
			insertKey(ctx, tx, e.ID, k),
			moveEnrolment(ctx, tx, e.ID, e.kind, enrolmentCertified, k.ID),
			s.gateway.Submit(ctx, tx, gateway.Submission{ICCID: e.iccid, TAR: ota.TAR(e.Application.TAR()), Data: install.Append(nil),
				Expires: s.now().Add(enrolTime), Ref: enrolmentRef(e.ID, e.kind, stepInstall)}))
	})
}

// installed puts a key to use, ends the one before it, and goes on with the next kind.
func (s *Service) installed(ctx context.Context, e *enrolling, packet string) error {
	p, err := s.parties.Party(ctx, e.Party)
	if err != nil {
		return err
	}
	return s.once(ctx, e, packet, gateway.Answered, func(tx *sqldb.Tx, r Registration) error {
		if r.State != RegistrationOpen {
			return nil
		}
		if err := s.endKeys(ctx, tx, keyEnded, CauseReplaced, "iccid = $3 and application = $4 and kind = $5 and state in ('active', 'suspended')",
			e.iccid, e.Application.String(), e.kind.String()); err != nil {
			return err
		}
		if _, err := moveKeys(ctx, tx, keyActive, "", "id = $3 and state = 'pending'", e.key); err != nil {
			return err
		}
		if err := moveEnrolment(ctx, tx, e.ID, e.kind, enrolmentInstalled, e.key); err != nil {
			return err
		}
		return s.askNext(ctx, tx, e.Registration, p.Name)
	})
}

// wrongCode counts a wrong code. The card asks again until the tries are used up.
func (s *Service) wrongCode(ctx context.Context, e *enrolling, packet string) error {
	p, err := s.parties.Party(ctx, e.Party)
	if err != nil {
		return err
	}
	return s.once(ctx, e, packet, gateway.Answered, func(tx *sqldb.Tx, r Registration) error {
		if r.State != RegistrationOpen {
			return nil
		}
		tries, err := countTry(ctx, tx, e.ID)
		switch {
		case err != nil:
			return err
		case tries >= codeTries:
			return s.fail(ctx, tx, e, CauseWrongCode)
		}
		return s.askNext(ctx, tx, e.Registration, p.Name)
	})
}

func (s *Service) failEnrolment(ctx context.Context, e *enrolling, cause, packet string, settled gateway.Cause) error {
	return s.once(ctx, e, packet, settled, func(tx *sqldb.Tx, _ Registration) error { return s.fail(ctx, tx, e, cause) })
}

// fail ends a registration. A key that was certified and not installed is of no use, and none is behind a PIN that is blocked.
func (s *Service) fail(ctx context.Context, tx *sqldb.Tx, e *enrolling, cause string) error {
	s.metrics.enrolled.WithLabelValues(e.Application.String(), RegistrationFailed).Inc()
	if cause == CausePINBlocked {
		if err := s.blocked(ctx, tx, e.iccid, e.kind); err != nil {
			return err
		}
	}
	return errors.Join(
		moveRegistration(ctx, tx, e.ID, RegistrationFailed, cause),
		s.endKeys(ctx, tx, keyEnded, cause, "registration = $3 and state = 'pending'", e.ID))
}
