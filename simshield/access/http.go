package access

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"simtrust/internal/rpc"
)

// ScopeAccess is for operators who give applications their names.
const ScopeAccess = "simshield:access"

const (
	patternMake     = "POST /simshield/v1/access"
	patternList     = "GET /simshield/v1/access"
	patternWithdraw = "POST /simshield/v1/access/withdraw"
)

type (
	makeWire struct {
		Face        Face     `json:"face"`
		Name        string   `json:"name"`
		Application string   `json:"application"`
		Networks    []string `json:"networks,omitzero"`
	}
	madeWire struct {
		Name   string `json:"name"`
		Secret string `json:"secret"`
	}
	nameWire struct {
		Face Face   `json:"face"`
		Name string `json:"name"`
	}
	nothingWire struct{}
	accessWire  struct {
		makeWire
		Created   time.Time `json:"created"`
		CreatedBy string    `json:"created_by"`
		Withdrawn time.Time `json:"withdrawn,omitzero"`
	}
	listWire struct {
		Access []accessWire `json:"access"`
	}
)

// Mount puts the operations on r.
func (s *Service) Mount(r *rpc.Router) {
	scope := rpc.Scope(ScopeAccess)
	rpc.Handle(r, "simshield.access", patternMake, s.makeWire, scope, rpc.Status(http.StatusCreated))
	rpc.Handle(r, "simshield.access_list", patternList, s.listWire, scope)
	rpc.Handle(r, "simshield.access_withdraw", patternWithdraw, s.withdrawWire, scope)
}

func (s *Service) makeWire(ctx context.Context, w makeWire) (madeWire, error) {
	networks, err := w.networks()
	if err != nil {
		return madeWire{}, err
	}
	secret, err := s.Make(ctx, Access{Face: w.Face, Name: w.Name, Application: w.Application, Networks: networks, CreatedBy: caller(ctx)})
	return madeWire{w.Name, secret}, err
}

func (w makeWire) networks() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, n := range w.Networks {
		p, err := netip.ParsePrefix(n)
		if err != nil || p != p.Masked() || p.Addr().Is4In6() {
			return nil, invalid(ReasonNetwork, "networks: prefixes such as 192.0.2.0/24")
		}
		networks = append(networks, p)
	}
	return networks, nil
}

func (s *Service) listWire(ctx context.Context, _ nothingWire) (listWire, error) {
	list, err := s.List(ctx)
	out := listWire{Access: make([]accessWire, len(list))}
	for i, a := range list {
		out.Access[i] = accessWire{makeWire{a.Face, a.Name, a.Application, prefixes(a.Networks)}, a.Created, a.CreatedBy, a.Withdrawn}
	}
	return out, err
}

func (s *Service) withdrawWire(ctx context.Context, w nameWire) (nothingWire, error) {
	return nothingWire{}, s.Withdraw(ctx, w.Face, w.Name, caller(ctx))
}

func caller(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}
