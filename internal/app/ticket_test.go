package app_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/internal/rpc"
)

// TestTicketsAreNotTheAdmins: the admin token administers apps, and has no links made that log people in.
func TestTicketsAreNotTheAdmins(t *testing.T) {
	s := start(t)
	ask := rpc.Call[oidc.TicketReq, oidc.TicketRes](rpc.NewClient(s.Issuer(), nil, s.AdminToken()), "POST /authn/v1/tickets")
	_, err := ask(t.Context(), oidc.TicketReq{ID: "1", Tenure: string(simtrust.NewTenureID()), ClientID: "shop", Expires: time.Now().Add(time.Hour)})
	if simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != rpc.ReasonScope {
		t.Errorf("%v", err)
	}
}
