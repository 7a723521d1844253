package app

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"testing"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

// issued is a provider whose every token has these rights.
type issued rpc.Caller

func (c issued) Authenticate(*http.Request) (rpc.Caller, error) { return rpc.Caller(c), nil }

// TestHolderTokensHaveNoOperatorScope registers an application for everything and lets a holder log in to it.
func TestHolderTokensHaveNoOperatorScope(t *testing.T) {
	everything := append(slices.Clone(adminScopes), "openid")
	for tenure, allowed := range map[simtrust.TenureID]bool{"": true, simtrust.NewTenureID(): false} {
		g := gate{admin: sha256.Sum256([]byte("admin")), provider: issued{Client: "app", Scopes: everything, Tenure: tenure}}
		c, err := g.Authenticate(&http.Request{Header: http.Header{"Authorization": {"Bearer token"}}})
		if err != nil || !c.Has("openid") || !c.Has(renumber.ScopeCheck) {
			t.Errorf("a token's own scopes: %v, %v", c.Scopes, err)
		}
		for _, scope := range operatorScopes {
			if c.Has(scope) != allowed {
				t.Errorf("tenure %q, scope %s: %v", tenure, scope, c.Has(scope))
			}
		}
		if c.Has(renumber.ScopeTenures) != allowed {
			t.Errorf("tenure %q may ask for the tenures of others: %v", tenure, !allowed)
		}
	}
	g := gate{admin: sha256.Sum256([]byte("admin"))}
	if c, err := g.Authenticate(&http.Request{Header: http.Header{"Authorization": {"Bearer admin"}}}); err != nil || !c.Has(renumber.ScopeTenures) {
		t.Errorf("the admin token: %v, %v", c, err)
	}
}
