package simshield

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield/request"
)

const (
	opCheckRelayed   = "simshield.check_relayed"
	opConfirmRelayed = "simshield.confirm_relayed"
	opRelayed        = "simshield.relayed"
	opCancelRelayed  = "simshield.cancel_relayed"

	patternCheckRelayed   = "POST /simshield/v1/relayed/requests"
	patternConfirmRelayed = "POST /simshield/v1/relayed/transactions"
	patternRelayed        = "POST /simshield/v1/relayed/transactions/state"
	patternCancelRelayed  = "POST /simshield/v1/relayed/transactions/cancel"
)

func (s *Service) mountRelay(r *rpc.Router) {
	scope := rpc.Scope(ScopeRelay)
	rpc.Handle(r, opCheckRelayed, patternCheckRelayed, s.checkRelayedWire, scope)
	rpc.Handle(r, opConfirmRelayed, patternConfirmRelayed, s.confirmRelayedWire, scope, rpc.Status(http.StatusCreated))
	rpc.Handle(r, opRelayed, patternRelayed, s.relayedWire, scope, rpc.Timeout(maxWait+5*time.Second))
	rpc.Handle(r, opCancelRelayed, patternCancelRelayed, s.cancelRelayedWire, scope)
}

type (
	// checkedWire holds the claims of a request, and with them a number.
	checkedWire struct {
		Claims request.Request `json:"claims"`
	}
	meantWire struct {
		confirmWire
		Tenure string `json:"tenure"`
	}
	relayedWire struct {
		Party  string `json:"party"`
		Order  string `json:"order"`
		Digest []byte `json:"digest"`
		Tenure string `json:"tenure"`
		// WaitSeconds is how long the answer may wait for the end; up to 30.
		WaitSeconds int `json:"wait,omitzero"`
	}
)

// Format hides the claims under every verb.
func (w checkedWire) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s}", w.Claims.Issuer) }

// LogValue hides them in structured logs.
func (w checkedWire) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }

func (s *Service) checkRelayedWire(ctx context.Context, w confirmWire) (checkedWire, error) {
	r, err := s.CheckRelayed(ctx, w.Request)
	return checkedWire{r}, err
}

func (s *Service) confirmRelayedWire(ctx context.Context, w meantWire) (transactionWire, error) {
	t, err := s.ConfirmRelayed(ctx, w.Request, simtrust.TenureID(w.Tenure))
	return wireOf(t), err
}

func (s *Service) relayedWire(ctx context.Context, w relayedWire) (transactionWire, error) {
	wait := time.Duration(w.WaitSeconds) * time.Second
	if wait < 0 || wait > maxWait {
		return transactionWire{}, invalid(ReasonRequest, "wait: 0 to 30 seconds")
	}
	t, err := s.WaitRelayed(ctx, w.named(), wait)
	return wireOf(t), err
}

func (w relayedWire) named() Relayed {
	return Relayed{w.Party, w.Order, w.Digest, simtrust.TenureID(w.Tenure)}
}

func (s *Service) cancelRelayedWire(ctx context.Context, w relayedWire) (transactionWire, error) {
	t, err := s.CancelRelayed(ctx, w.named())
	return wireOf(t), err
}

// Relay carries parties' requests, in process or from another machine. Its methods are those of Service; their errors have the same Kind
// and Reason.
type Relay struct {
	check   func(context.Context, confirmWire) (checkedWire, error)
	confirm func(context.Context, meantWire) (transactionWire, error)
	state   func(context.Context, relayedWire) (transactionWire, error)
	cancel  func(context.Context, relayedWire) (transactionWire, error)
}

// LocalRelay returns the operations of a relay for a consumer in the same process.
func LocalRelay(r *rpc.Router, credential string) *Relay {
	return &Relay{
		check:   rpc.Local[confirmWire, checkedWire](r, opCheckRelayed, credential),
		confirm: rpc.Local[meantWire, transactionWire](r, opConfirmRelayed, credential),
		state:   rpc.Local[relayedWire, transactionWire](r, opRelayed, credential),
		cancel:  rpc.Local[relayedWire, transactionWire](r, opCancelRelayed, credential),
	}
}

// NewRelay returns them behind c.
func NewRelay(c *rpc.Client) *Relay {
	return &Relay{
		check:   rpc.Call[confirmWire, checkedWire](c, patternCheckRelayed),
		confirm: rpc.Call[meantWire, transactionWire](c, patternConfirmRelayed),
		state:   rpc.Call[relayedWire, transactionWire](c, patternRelayed),
		cancel:  rpc.Call[relayedWire, transactionWire](c, patternCancelRelayed),
	}
}

// Check reads a request and asks nobody.
func (r *Relay) Check(ctx context.Context, signed string) (request.Request, error) {
	w, err := r.check(ctx, confirmWire{signed})
	return w.Claims, err
}

// Confirm has the tenure that is meant asked for what a request says.
func (r *Relay) Confirm(ctx context.Context, signed string, meant simtrust.TenureID) (Transaction, error) {
	w, err := r.confirm(ctx, meantWire{confirmWire{signed}, string(meant)})
	return w.transaction(), err
}

// Wait returns a transaction when it has ended, or as it stands after a while of up to 30 s.
func (r *Relay) Wait(ctx context.Context, ref Relayed, while time.Duration) (Transaction, error) {
	w, err := r.state(ctx, relayedWire{ref.Party, ref.Order, ref.Digest, string(ref.Tenure), int(while / time.Second)})
	return w.transaction(), err
}

// Cancel takes a transaction back.
func (r *Relay) Cancel(ctx context.Context, ref Relayed) (Transaction, error) {
	w, err := r.cancel(ctx, relayedWire{Party: ref.Party, Order: ref.Order, Digest: ref.Digest, Tenure: string(ref.Tenure)})
	return w.transaction(), err
}
