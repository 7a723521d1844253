package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/ca/qc"
	"simtrust/internal/app"
	"simtrust/internal/keys"
	"simtrust/renumber"
)

const ownArc = "1.3.6.1.4.1.99999.1"

// practice is the configuration of a server that others know, with an authority that certifies persons; from the hierarchy in dir.
func practice(t *testing.T, dir string, change func(*app.Config)) app.Config {
	t.Helper()
	cfg := app.Defaults()
	cfg.Data, cfg.Listen, cfg.Log.Level, cfg.Issuer = t.TempDir(), "127.0.0.1:0", "error", "https://id.operator.example"
	cfg.CA = app.CA{Dir: dir, BaseURL: "http://ca.example", LogDir: filepath.Join(cfg.Data, "log"), PolicyArc: ownArc}
	change(&cfg)
	return cfg
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func madeCA(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ca")
	if err := app.MakeCA(t.Context(), app.Config{CA: app.CA{Dir: dir, BaseURL: "http://ca.example"}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPersonsNeedThePolicyOfTheOperator: what stands in for it in a sandbox must not get into anybody's certificate.
func TestPersonsNeedThePolicyOfTheOperator(t *testing.T) {
	dir, english := madeCA(t), written(t, "pds.txt", "Whom to ask, and what for.")
	for name, c := range map[string]struct {
		change func(*app.Config)
		says   string
	}{
		"no arc":                 {func(c *app.Config) { c.CA.PolicyArc = "" }, "ca.policy_arc"},
		"the default, spelt out": {func(c *app.Config) { c.CA.PolicyArc = "1.3.6.1.4.1.32473.1" }, "ca.policy_arc"},
		"an arc that is none":    {func(c *app.Config) { c.CA.PolicyArc, c.CA.Disclosures = "1.x", map[string]string{"en": english} }, "object identifier"},
		"no statement":           {func(*app.Config) {}, "ca.disclosures"},
		"none in English":        {func(c *app.Config) { c.CA.Disclosures = map[string]string{"zh": english} }, "English"},
		"another language tag":   {func(c *app.Config) { c.CA.Disclosures = map[string]string{"en": english, "zh-CN": english} }, "two small letters"},
		"a path for a language":  {func(c *app.Config) { c.CA.Disclosures = map[string]string{"en": english, "..": english} }, "two small letters"},
		"no file":                {func(c *app.Config) { c.CA.Disclosures = map[string]string{"en": "/nowhere/pds"} }, "ca.disclosures.en"},
		"an empty file":          {func(c *app.Config) { c.CA.Disclosures = map[string]string{"en": written(t, "e", "\n")} }, "empty"},
		"a claim without ground": {func(c *app.Config) {
			c.CA.Disclosures, c.CA.Qualified = map[string]string{"en": english}, app.Qualified{Compliance: true}
		}, "legal ground"},
		"a file of another kind": {func(c *app.Config) { c.CA.Disclosures = map[string]string{"en": written(t, "b", "\xff\xfe")} }, "UTF-8"},
	} {
		a, err := app.New(t.Context(), practice(t, dir, c.change))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if a != nil {
			t.Errorf("%s: answered a server", name)
		}
	}
}

// TestAuthorityWithoutPersons needs no statement, and an arc of its own only to be warned of.
func TestAuthorityWithoutPersons(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: dir + "-keys", Secret: dir + "-keys.secret", CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	spec := ceremony.Default("http://ca.example", time.Now())
	spec.Issuing = slices.DeleteFunc(spec.Issuing, func(i ceremony.Issuing) bool { return i.Line == ca.LineEID })
	if _, err := (ceremony.Ceremony{Dir: dir, Vault: vault}).Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	_ = vault.Close()
	a, err := app.New(t.Context(), practice(t, dir, func(c *app.Config) { c.CA.PolicyArc = "" }))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestDisclosures: a person's certificate names the operator's policy and statements, which are served.
func TestDisclosures(t *testing.T) {
	english, chinese := "Whom to ask, and what for.", "%PDF-1.7 联系"
	p := startPKI(t, time.Millisecond, func(c *app.Config) {
		c.CA.PolicyArc, c.CA.Disclosures = ownArc, map[string]string{"zh": written(t, "zh.pdf", chinese), "en": written(t, "en.txt", english)}
	})
	for language, want := range map[string]struct {
		status     int
		kind, body string
	}{
		"en": {http.StatusOK, "text/plain; charset=utf-8", english}, "zh": {http.StatusOK, "application/pdf", chinese},
		"de": {http.StatusNotFound, "application/problem+json", "no_disclosure"},
	} {
		status, body := p.get("/ca/disclosures/" + language)
		res, err := http.Head(p.Issuer() + "/ca/disclosures/" + language)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if kind := res.Header.Get("Content-Type"); status != want.status || kind != want.kind || !strings.Contains(body, want.body) {
			t.Errorf("%q: %d %s %s", language, status, kind, body)
		}
	}
	fed, err := renumber.NewClient(p.admin).Feed(t.Context(), renumber.FeedReq{Source: "test", Events: []renumber.FeedEvent{{Seq: 1, Type: renumber.Assign,
		Number: "+8613800000001", Holder: "h1", ICCID: "89860012345678901234", IMSI: "460001234567890"}}})
	if err != nil || fed.Results[0].Tenure == "" {
		t.Fatalf("%+v %v", fed, err)
	}
	cert, err := smx509.ParseCertificate(p.issue("eid", ca.Authorisation{Tenure: simtrust.TenureID(fed.Results[0].Tenure),
		Subject: ca.Subject{Country: "CN", Surname: "王", GivenName: "小明", CommonName: "王小明"}}).Raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := cert.PolicyIdentifiers; len(got) != 1 || !strings.HasPrefix(got[0].String(), ownArc+".") {
		t.Errorf("policies %v", got)
	}
	host := strings.TrimPrefix(p.Issuer(), "http://")
	want := []qc.Disclosure{{URL: "https://" + host + "/ca/disclosures/en", Language: "en"}, {URL: "https://" + host + "/ca/disclosures/zh", Language: "zh"}}
	for _, e := range cert.Extensions {
		if !e.Id.Equal(qc.ExtensionID) {
			continue
		}
		if s, err := qc.Parse(e); err != nil || !slices.Equal(s.Disclosures, want) {
			t.Errorf("%+v %v", s.Disclosures, err)
		}
		return
	}
	t.Error("no QCStatements")
}
