package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// postmaster may do everything about senders.
type postmaster struct{}

func (postmaster) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "postmaster", Scopes: []string{sender.ScopeAdmin}}, nil
}

type undelivered struct{}

func (undelivered) Delivered(context.Context, string, simtrust.TenureID) (bool, error) {
	return false, nil
}

// newSenders serves senders, and below /ca/ an authority.
func newSenders(t *testing.T) (remoteFlags, *sender.Service) {
	t.Helper()
	authority, register := newAuthority(t)
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, sender.Migrations(), outbox.Migrations()); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(authority.Server)
	if err != nil {
		t.Fatal(err)
	}
	r := rpc.NewRouter(rpc.Config{Auth: postmaster{}})
	mux := http.NewServeMux()
	mux.Handle("/ca/", httputil.NewSingleHostReverseProxy(target))
	mux.Handle("/", r)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	quiet := slog.New(slog.DiscardHandler)
	s := sender.New(sender.Deps{DB: db, Authority: register, Deliveries: undelivered{}, Outbox: outbox.New(db, time.Now, quiet), Log: quiet, Now: time.Now},
		sender.Config{Issuer: server.URL})
	s.Mount(r)
	return remoteFlags{Server: server.URL, Token: "t"}, s
}

// enterprise issues a certificate to an organisation, and leaves its key in a file.
func enterprise(t *testing.T, remote remoteFlags, organization string) (id, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := remote.client()
	if err != nil {
		t.Fatal(err)
	}
	client := ca.NewClient(c)
	token, err := client.Authorise(t.Context(), ca.AuthoriseReq{Authorisation: ca.Authorisation{Profile: "enterprise",
		Subject: ca.Subject{Country: "CN", Organization: organization, CommonName: organization}}})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := client.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, Profile: "enterprise", CSR: csr})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyFile = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return cert.ID, keyFile
}

// runner is a command.
type runner interface{ Run(context.Context) error }

// TestMessagingCommands goes from a brand to a chatbot that may send, and back.
func TestMessagingCommands(t *testing.T) {
	remote, s := newSenders(t)
	run := func(name string, c runner) {
		t.Helper()
		if err := c.Run(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	why := whyFlag{Why: "papers seen"}
	run("add a brand", &brandAddCmd{remoteFlags: remote, Name: "海港银行", Organization: "Harbour Bank Ltd", Holder: "org-7"})
	brands, _, err := s.Brands(t.Context(), sender.Page{})
	if err != nil || len(brands) != 1 {
		t.Fatal(brands, err)
	}
	run("verify a brand", &brandVerifyCmd{remoteFlags: remote, whyFlag: why, ID: brands[0].ID})
	run("list brands", &brandListCmd{remote})
	run("add a chatbot", &chatbotAddCmd{remoteFlags: remote, Name: "海港银行", Brand: brands[0].ID, Client: "bank", PerDay: 10})
	bots, _, err := s.Chatbots(t.Context(), sender.ChatbotQuery{}, sender.Page{})
	if err != nil || len(bots) != 1 || bots[0].Quotas.Day != 10 {
		t.Fatal(bots, err)
	}
	id := bots[0].ID
	cert, key := enterprise(t, remote, "Harbour Bank Ltd")
	run("bind", &chatbotCertificateCmd{remoteFlags: remote, ID: id, Certificate: cert, Key: key})
	run("look", &chatbotVerifyCmd{remoteFlags: remote, ID: id})
	if _, err := s.Live(t.Context(), id); simtrust.ReasonOf(err) != sender.ReasonNotVerified {
		t.Fatalf("looking verified it: %v", err)
	}
	run("verify", &chatbotVerifyCmd{remoteFlags: remote, ID: id, Revision: bots[0].Revision})
	if _, err := s.Live(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	run("list", &chatbotListCmd{remoteFlags: remote})
	if _, err := s.SetProfile(t.Context(), id, sender.Profile{Signature: "海港"}, "bank"); err != nil {
		t.Fatal(err)
	}
	run("show", &chatbotShowCmd{remoteFlags: remote, ID: id})
	run("refuse", &chatbotVerifyCmd{remoteFlags: remote, ID: id, Revision: bots[0].Revision + 1, Refuse: true, Why: "too short"})
	run("suspend", &chatbotSuspendCmd{remoteFlags: remote, whyFlag: why, ID: id})
	if _, err := s.Live(t.Context(), id); simtrust.ReasonOf(err) != sender.ReasonSuspended {
		t.Fatal(err)
	}
	run("resume", &chatbotResumeCmd{remoteFlags: remote, whyFlag: why, ID: id})
	run("history", &messagingHistoryCmd{remoteFlags: remote, ID: id})

	tpl, err := s.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: id, Class: sender.Transaction, Body: "Dear {{1}},\nyour card was used."})
	if err != nil {
		t.Fatal(err)
	}
	run("list templates", &templateListCmd{remoteFlags: remote, State: "pending"})
	run("approve", &templateApproveCmd{remoteFlags: remote, ID: tpl.ID})
	run("reject", &templateRejectCmd{remoteFlags: remote, whyFlag: why, ID: tpl.ID})
	if tpl, err = s.Template(t.Context(), tpl.ID); err != nil || tpl.State != sender.Rejected || tpl.Why != why.Why {
		t.Errorf("%+v, %v", tpl, err)
	}
}

func TestMessagingCommandsSayWhatToDo(t *testing.T) {
	remote, s := newSenders(t)
	brand, err := s.CreateBrand(t.Context(), sender.BrandReq{Name: "Bank", Holder: "o", Organization: "Bank Ltd"})
	if err != nil {
		t.Fatal(err)
	}
	bot, err := s.CreateChatbot(t.Context(), sender.ChatbotReq{Client: "bank", Brand: brand.ID, Name: "Bank"})
	if err != nil {
		t.Fatal(err)
	}
	other, key := enterprise(t, remote, "Shop Ltd")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		command runner
		says    string
	}{
		"a twin":                {&brandAddCmd{remoteFlags: remote, Name: "Bаnk", Organization: "x", Holder: "o"}, "looks like"},
		"no brand":              {&chatbotAddCmd{remoteFlags: remote, Name: "Bank", Brand: "brd_1", Client: "c"}, "simtrust messaging brand list"},
		"no chatbot":            {&chatbotShowCmd{remoteFlags: remote, ID: "bot_1"}, "simtrust messaging chatbot list"},
		"the brand is open":     {&chatbotVerifyCmd{remoteFlags: remote, ID: bot.ID, Revision: 1}, "simtrust messaging brand verify"},
		"another revision":      {&chatbotVerifyCmd{remoteFlags: remote, ID: bot.ID, Revision: 2}, "without --revision"},
		"a refusal without why": {&chatbotVerifyCmd{remoteFlags: remote, ID: bot.ID, Revision: 1, Refuse: true}, "--why"},
		"another's certificate": {&chatbotCertificateCmd{remoteFlags: remote, ID: bot.ID, Certificate: other, Key: key}, "not the organisation"},
		"at another issuer":     {&chatbotCertificateCmd{remoteFlags: remote, ID: bot.ID, Certificate: other, Key: key, Issuer: "https://x.example"}, "--issuer"},
		"no key":                {&chatbotCertificateCmd{remoteFlags: remote, ID: bot.ID, Certificate: other, Key: empty}, "--key"},
		"no certificate":        {&chatbotCertificateCmd{remoteFlags: remote, ID: bot.ID, Certificate: "bank.00", Key: key}, "simtrust ca list"},
		"not suspended":         {&chatbotResumeCmd{remoteFlags: remote, whyFlag: whyFlag{"x"}, ID: bot.ID}, "neither"},
		"no template":           {&templateApproveCmd{remoteFlags: remote, ID: "tpl_1"}, "simtrust messaging template list"},
	} {
		err := c.command.Run(t.Context())
		if err == nil || !strings.Contains(advised(err).Error(), c.says) {
			t.Errorf("%s: %v", name, advised(err))
		}
	}
}

func TestMenuLines(t *testing.T) {
	reply := func(text string) gsma.MenuEntry { return gsma.MenuEntry{Suggestion: gsma.NewReply(text, "x")} }
	more := gsma.MenuEntry{Menu: &gsma.Menu{DisplayText: "More", Entries: []gsma.MenuEntry{reply("Branches"), reply("Rates")}}}
	got := menuLines(gsma.Menu{Entries: []gsma.MenuEntry{reply("Balance"), more}}, "")
	if want := []string{"Balance", "More > Branches", "More > Rates"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
