package simshield

import (
	"context"
	"strings"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/receipt"
)

// Replied takes a card's answer (gateway.Handler). What a card says that makes no sense ends the transaction; it is not asked again.
func (s *Service) Replied(ctx context.Context, r gateway.Reply) error {
	answer, err := applet.DecodeResponse(r.Data)
	if err != nil {
		answer = applet.Response{Result: applet.Malformed}
	}
	if strings.HasPrefix(r.Ref, registrationPrefix) {
		return s.enrolled(ctx, r, answer)
	}
	p, err := s.pending.Do(ctx, r.Ref)
	if err != nil {
		return err
	}
	blocked := answer.Result == applet.PINBlocked // counts whatever has ended the transaction meanwhile
	if p.row == nil || p.row.Final() && !blocked || answer.ID != appletID(r.Ref) && answer.Result != applet.Malformed {
		return s.settle(ctx, r.Packet)
	}
	e, err := s.judge(ctx, p, answer, r)
	if err != nil {
		return err
	}
	return s.end(ctx, e)
}

// Failed takes the end of a packet without an answer (gateway.Handler). What ran out may be on the screen: it is recalled, for nobody is to
// confirm what is over, and the next question waits behind it.
func (s *Service) Failed(ctx context.Context, f gateway.Failure) error {
	if strings.HasPrefix(f.Ref, registrationPrefix) {
		return s.enrolmentFailed(ctx, f)
	}
	p, err := s.pending.Do(ctx, f.Ref)
	if err != nil {
		return err
	}
	if p.row == nil || p.row.Final() {
		return s.settle(ctx, f.Packet)
	}
	how, ok := failures[f.Cause]
	if !ok {
		how = failures[gateway.Refused]
	}
	return s.end(ctx, end{row: p.row, key: p.key, state: how.state, cause: how.cause, packet: f.Packet, settled: f.Cause, recall: f.Cause == gateway.Expired})
}

// failures are the ends that the gateway's causes mean.
var failures = map[gateway.Cause]struct {
	state State
	cause string
}{
	gateway.Expired: {StateExpired, ""},
	gateway.Absent:  {StateFailed, CausePhoneAbsent},
	gateway.Refused: {StateFailed, CauseSIM},
	gateway.Unsent:  {StateFailed, CauseDelivery},
}

// settle ends a packet whose answer changes nothing any more.
func (s *Service) settle(ctx context.Context, packet string) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := s.gateway.Settle(ctx, tx, gateway.Answered, packet)
		return err
	})
}

// judge says how a transaction ends by a card's answer. The error is of kind unavailable where it cannot be judged now: the answer comes
// again.
func (s *Service) judge(ctx context.Context, p pending, answer applet.Response, r gateway.Reply) (end, error) {
	e := end{row: p.row, key: p.key, packet: r.Packet, settled: gateway.Answered}
	if answer.Result != applet.Signed {
		how, ok := answered[answer.Result]
		if !ok {
			how = answered[applet.Malformed]
		}
		e.state, e.cause = how.state, how.cause
		return e, nil
	}
	v, valid := p.verify(*answer.Signature)
	if !valid {
		e.state, e.cause = StateFailed, CauseSignature
		return e, nil
	}
	live, err := s.holders.Live(ctx, []simtrust.TenureID{p.row.tenure})
	if err != nil {
		return e, err
	}
	if h, ok := live[p.row.tenure]; !ok || !p.key.serves(h) {
		e.state, e.cause = StateFailed, CauseLostOwnership
		return e, nil
	}
	if !s.now().Before(p.row.Expires) {
		e.state = StateExpired
		return e, nil
	}
	return s.sealed(ctx, e, v, r)
}

// verified is a card's signature that is the key's.
type verified struct {
	applet.Signature
	data []byte // signed data with the statement; nil of a hash
}

// verify checks the card's signature: over the signed attributes of the statement, or over the hash.
func (p pending) verify(sig applet.Signature) (v verified, ok bool) {
	v.Signature = sig
	switch {
	case p.key == nil:
		return v, false
	case p.row.form == formHash:
		return v, p.verifiesHash(sig)
	}
	k := p.key
	attributes, err := applet.SignedAttributes(k.Algorithm, p.row.signedOver, k.Algorithm.Sum(k.Raw))
	if err == nil {
		v.data, err = applet.Assemble(k.Algorithm, p.row.signedOver, attributes, sig, k.Raw, k.Chain[:max(len(k.Chain)-1, 0)]...)
	}
	return v, err == nil
}

func (p pending) verifiesHash(sig applet.Signature) bool {
	public, err := p.key.public()
	if err != nil {
		return false
	}
	command, err := applet.DecodeCommand(p.row.command)
	sign, ok := command.(applet.SignHash)
	return err == nil && ok && applet.VerifyDigest(public, p.key.Algorithm, sign.Algorithm, sign.Hash, sig) == nil
}

// sealed makes the evidence. Without a time stamp, and a certificate that stands after it, there is no signature.
func (s *Service) sealed(ctx context.Context, e end, v verified, r gateway.Reply) (end, error) {
	facts, err := s.facts(ctx, e, v, r)
	if err != nil {
		return e, err
	}
	e.evidence, err = s.evidence.Seal(ctx, facts)
	if simtrust.KindOf(err) == simtrust.KindDenied {
		e.state, e.cause = StateFailed, CauseCertificate
		return e, nil
	}
	e.state, e.signature = StateSigned, v.Signature[:]
	return e, err
}

func (s *Service) facts(ctx context.Context, e end, v verified, r gateway.Reply) (receipt.Facts, error) {
	party, err := s.parties.Party(ctx, e.row.Party)
	if err != nil {
		return receipt.Facts{}, err
	}
	issuer, _, _ := strings.Cut(e.key.Certificate, ".")
	f := receipt.Facts{
		ID: e.row.ID, Party: e.row.Party, Name: party.Name, Request: e.row.request.JWS, JWKS: e.row.request.JWKS, Kind: e.row.Kind,
		Algorithm: e.key.Algorithm, Signature: v.Signature, SignedData: v.data, Issuer: issuer, Certificate: e.key.Certificate, Raw: e.key.Raw, Chain: e.key.Chain, ICCID: e.row.iccid,
		Counter: uint64(r.Counter), Command: r.Command, Response: r.Response, Decision: e.row.decision, Created: e.row.Created, Received: s.now(),
	}
	if e.row.form == formStatement {
		f.Statement = e.row.signedOver
		return f, nil
	}
	command, err := applet.DecodeCommand(e.row.command)
	if sign, ok := command.(applet.SignHash); ok {
		f.Hash, f.HashAlgorithm = sign.Hash, sign.Algorithm
	}
	return f, err
}
