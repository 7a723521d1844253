package simshield

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
	"simtrust/simshield/applet"
)

// Scopes of the operations. ScopeConfirm is for those who ask for signatures, ScopeRegister for those who identify persons, ScopeApprove
// for operators who approve a registration after a blocked PIN, ScopeRelay for the platform's own modules that carry parties' requests.
const (
	ScopeConfirm  = "simshield:confirm"
	ScopeRegister = "simshield:register"
	ScopeApprove  = "simshield:approve"
	ScopeRelay    = "simshield:relay"
)

const (
	patternConfirm      = "POST /simshield/v1/transactions"
	patternTransaction  = "GET /simshield/v1/transactions/{id}"
	patternCancel       = "POST /simshield/v1/transactions/{id}/cancel"
	patternReceipt      = "GET /simshield/v1/transactions/{id}/receipt"
	patternRegister     = "POST /simshield/v1/registrations"
	patternRegistration = "GET /simshield/v1/registrations/{id}"
	patternWithdraw     = "POST /simshield/v1/registrations/{id}/cancel"
	patternApprove      = "POST /simshield/v1/registrations/{id}/approve"
	patternSuspend      = "POST /simshield/v1/suspend"
	patternResume       = "POST /simshield/v1/resume"
)

// maxWait is the longest poll.
const maxWait = 30 * time.Second

// Mount puts the module's operations on r.
func (s *Service) Mount(r *rpc.Router) {
	confirm, register := rpc.Scope(ScopeConfirm), rpc.Scope(ScopeRegister)
	rpc.Handle(r, "simshield.confirm", patternConfirm, s.confirmWire, confirm, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "simshield.transaction", patternTransaction, s.transactionWire, confirm, rpc.Timeout(maxWait+5*time.Second))
	rpc.Handle(r, "simshield.cancel", patternCancel, s.cancelWire, confirm)
	rpc.Handle(r, "simshield.receipt", patternReceipt, s.receiptWire, confirm)
	rpc.Handle(r, "simshield.register", patternRegister, s.registerWire, register, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "simshield.registration", patternRegistration, s.showRegistration, register)
	rpc.Handle(r, "simshield.cancel_registration", patternWithdraw, s.cancelRegistrationWire, register)
	rpc.Handle(r, "simshield.approve", patternApprove, s.approveWire, rpc.Scope(ScopeApprove))
	rpc.Handle(r, "simshield.suspend", patternSuspend, s.suspendWire, register)
	rpc.Handle(r, "simshield.resume", patternResume, s.resumeWire, register)
	s.mountRelay(r)
}

type (
	// confirmWire carries a party's signed request; see Confirm.
	confirmWire struct {
		Request string `json:"request"`
	}
	transactionIDWire struct {
		ID string `path:"id" json:"-"`
		// WaitSeconds is how long the answer may wait for the end; up to 30.
		WaitSeconds int `query:"wait" json:"-"`
	}
	transactionWire struct {
		ID               string     `json:"id"`
		Order            string     `json:"order"`
		Kind             string     `json:"kind"`
		State            State      `json:"state"`
		Cause            string     `json:"cause,omitzero"`
		VerificationCode string     `json:"verification_code"`
		Created          time.Time  `json:"created"`
		Expires          time.Time  `json:"expires"`
		Ended            *time.Time `json:"ended,omitzero"`
	}
	registerWire struct {
		PhoneNumber string     `json:"phone_number"`
		Application string     `json:"application"`
		Kinds       []string   `json:"kinds"`
		Algorithm   string     `json:"algorithm"`
		Identified  Identified `json:"identified"`
		Subject     ca.Subject `json:"subject"`
		NationalID  string     `json:"national_identity_number,omitzero"`
	}
	registrationIDWire struct {
		ID string `path:"id" json:"-"`
	}
	registrationWire struct {
		ID           string            `json:"id"`
		State        string            `json:"state"`
		Cause        string            `json:"cause,omitzero"`
		Reason       string            `json:"reason,omitzero"`
		Code         string            `json:"code,omitzero"`
		Expires      time.Time         `json:"expires"`
		Certificates map[string]string `json:"certificates,omitzero"`
	}
	numberWire struct {
		PhoneNumber string `json:"phone_number"`
	}
	nothingWire struct{}
)

func (s *Service) confirmWire(ctx context.Context, w confirmWire) (transactionWire, error) {
	t, err := s.Confirm(ctx, client(ctx), w.Request)
	return wireOf(t), err
}

func (s *Service) transactionWire(ctx context.Context, w transactionIDWire) (transactionWire, error) {
	wait := time.Duration(w.WaitSeconds) * time.Second
	if wait < 0 || wait > maxWait {
		return transactionWire{}, invalid(ReasonRequest, "wait: 0 to 30 seconds")
	}
	t, err := s.Wait(ctx, client(ctx), w.ID, wait)
	return wireOf(t), err
}

func (s *Service) cancelWire(ctx context.Context, w transactionIDWire) (transactionWire, error) {
	t, err := s.Cancel(ctx, client(ctx), w.ID)
	return wireOf(t), err
}

func (s *Service) receiptWire(ctx context.Context, w transactionIDWire) (json.RawMessage, error) {
	return s.Receipt(ctx, client(ctx), w.ID)
}

func (s *Service) registerWire(ctx context.Context, w registerWire) (registrationWire, error) {
	req, err := w.read(client(ctx))
	if err != nil {
		return registrationWire{}, err
	}
	r, err := s.Register(ctx, req)
	return registrationOf(r), err
}

func (w registerWire) read(party string) (req RegisterReq, err error) {
	req = RegisterReq{Party: party, Identified: w.Identified, Subject: w.Subject, NationalID: w.NationalID}
	if req.Number, err = simtrust.ParseNumber(w.PhoneNumber); err != nil {
		return req, err
	}
	req.Application, _ = applet.ParseApplication(w.Application)
	req.Algorithm, _ = applet.ParseAlgorithm(w.Algorithm)
	for _, k := range w.Kinds {
		kind, ok := applet.ParseKind(k)
		if !ok {
			return req, invalid(ReasonRegistration, "kinds: login, document and transaction")
		}
		req.Kinds = append(req.Kinds, kind)
	}
	return req, nil
}

func (s *Service) showRegistration(ctx context.Context, w registrationIDWire) (registrationWire, error) {
	r, err := s.Registration(ctx, client(ctx), w.ID)
	return registrationOf(r), err
}

func (s *Service) cancelRegistrationWire(ctx context.Context, w registrationIDWire) (registrationWire, error) {
	r, err := s.CancelRegistration(ctx, client(ctx), w.ID)
	return registrationOf(r), err
}

// approveWire counts the client as the operator: no token that stands for a person has the scope.
func (s *Service) approveWire(ctx context.Context, w registrationIDWire) (registrationWire, error) {
	r, err := s.Approve(ctx, client(ctx), w.ID)
	return registrationOf(r), err
}

func (s *Service) suspendWire(ctx context.Context, w numberWire) (nothingWire, error) {
	n, err := simtrust.ParseNumber(w.PhoneNumber)
	if err != nil {
		return nothingWire{}, err
	}
	return nothingWire{}, s.Suspend(ctx, n)
}

func (s *Service) resumeWire(ctx context.Context, w numberWire) (nothingWire, error) {
	n, err := simtrust.ParseNumber(w.PhoneNumber)
	if err != nil {
		return nothingWire{}, err
	}
	return nothingWire{}, s.Resume(ctx, client(ctx), n)
}

// client is who calls: the party.
func client(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}

func wireOf(t Transaction) transactionWire {
	w := transactionWire{ID: t.ID, Order: t.Ref, Kind: t.Kind.String(), State: t.State, Cause: t.Cause, VerificationCode: t.Code, Created: t.Created,
		Expires: t.Expires}
	if !t.Ended.IsZero() {
		w.Ended = &t.Ended
	}
	return w
}

func registrationOf(r Registration) registrationWire {
	w := registrationWire{ID: r.ID, State: r.State, Cause: r.Cause, Reason: r.Reason, Code: r.Code, Expires: r.Expires, Certificates: map[string]string{}}
	for kind, id := range r.Certificates {
		w.Certificates[kind.String()] = id
	}
	return w
}
