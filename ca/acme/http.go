package acme

import (
	"context"
	"net/http"

	"simtrust/ca"
	"simtrust/internal/rpc"
)

// Paths below the base URL.
const (
	pathDirectory     = "/acme/directory"
	pathNewNonce      = "/acme/new-nonce"
	pathNewAccount    = "/acme/new-account"
	pathNewOrder      = "/acme/new-order"
	pathKeyChange     = "/acme/key-change"
	pathRevoke        = "/acme/revoke-cert"
	pathRenewal       = "/acme/renewal-info"
	pathAccount       = "/acme/account/"
	pathOrder         = "/acme/order/"
	pathAuthorization = "/acme/authorization/"
	pathChallenge     = "/acme/challenge/"
	pathCertificate   = "/acme/certificate/"
)

// The officer's operations.
const (
	patternEAB       = "POST /ca/v1/acme/eab"
	patternExternals = "GET /ca/v1/acme/eab"
	patternWithdraw  = "POST /ca/v1/acme/eab/{kid}/withdrawal"
)

// maxOuter bounds a body before the handler does, which then answers with a nonce.
const maxOuter = 1 << 20

// Mount mounts the directory, what it names, and the officer's operations.
func (s *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "acme.eab", patternEAB, s.eabWire, rpc.Scope(ca.ScopeAuthorise), rpc.Status(http.StatusCreated))
	rpc.Handle(r, "acme.external_accounts", patternExternals, s.externalsWire, rpc.Scope(ca.ScopeRead, ca.ScopeAuthorise))
	rpc.Handle(r, "acme.withdraw_eab", patternWithdraw, s.withdrawWire, rpc.Scope(ca.ScopeAuthorise))
	r.Face("/acme/", Face{})
	r.Raw("acme.directory", "GET "+pathDirectory, http.HandlerFunc(s.serveDirectory), rpc.Public())
	r.Raw("acme.nonce", "GET "+pathNewNonce, http.HandlerFunc(s.serveNonce), rpc.Public())
	r.Raw("acme.renewal_info", "GET "+pathRenewal+"/{certificate}", http.HandlerFunc(s.serveRenewal), rpc.Public())
	for _, o := range []struct {
		op, path string
		by       signer
		do       endpoint
	}{
		{"acme.new_account", pathNewAccount, byKey, s.newAccount},
		{"acme.account", pathAccount + "{account}", byAccount, s.updateAccount},
		{"acme.orders", pathAccount + "{account}/orders", byAccount, s.listOrders},
		{"acme.key_change", pathKeyChange, byAccount, s.changeKey},
		{"acme.new_order", pathNewOrder, byAccount, s.newOrder},
		{"acme.order", pathOrder + "{order}", byAccount, s.showOrder},
		{"acme.finalize", pathOrder + "{order}/finalize", byAccount, s.finalize},
		{"acme.authorization", pathAuthorization + "{authorization}", byAccount, s.showAuthorization},
		{"acme.challenge", pathChallenge + "{challenge}", byAccount, s.tryChallenge},
		{"acme.certificate", pathCertificate + "{certificate}", byAccount, s.download},
		{"acme.alternate", pathCertificate + "{certificate}/alternate", byAccount, s.downloadAlternate},
		{"acme.revoke", pathRevoke, byEither, s.revoke},
	} {
		r.Raw(o.op, "POST "+o.path, s.signed(o.by, o.do), rpc.Public(), rpc.MaxBody(maxOuter))
	}
}

func (s *Service) url(path string) string { return s.config.BaseURL + path }

// caller names who asks on the own API.
func caller(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}

// directory is RFC 8555, section 7.1.1.
type directory struct {
	NewNonce    string `json:"newNonce"`
	NewAccount  string `json:"newAccount"`
	NewOrder    string `json:"newOrder"`
	RevokeCert  string `json:"revokeCert"`
	KeyChange   string `json:"keyChange"`
	RenewalInfo string `json:"renewalInfo"`
	Meta        struct {
		ExternalAccountRequired bool `json:"externalAccountRequired"`
	} `json:"meta"`
}

func (s *Service) serveDirectory(w http.ResponseWriter, _ *http.Request) {
	d := directory{
		NewNonce: s.url(pathNewNonce), NewAccount: s.url(pathNewAccount), NewOrder: s.url(pathNewOrder), RevokeCert: s.url(pathRevoke),
		KeyChange: s.url(pathKeyChange), RenewalInfo: s.url(pathRenewal),
	}
	d.Meta.ExternalAccountRequired = true
	(&reply{status: http.StatusOK, body: d}).write(w)
}

func (s *Service) serveNonce(w http.ResponseWriter, r *http.Request) {
	s.begin(w)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
