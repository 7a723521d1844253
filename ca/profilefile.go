package ca

import (
	"crypto/x509"
	"embed"
	"encoding/asn1"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"simtrust/ca/csr"
	"simtrust/ca/qc"
)

//go:embed profiles/*.yaml
var embedded embed.FS

// Profiles reads the embedded profiles.
func Profiles() (map[string]*Profile, error) {
	dir, err := fs.Sub(embedded, "profiles")
	if err != nil {
		return nil, err
	}
	return readProfiles(dir)
}

func readProfiles(dir fs.FS) (map[string]*Profile, error) {
	files, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	profiles := make(map[string]*Profile, len(files))
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		p, err := ParseProfile(text)
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", file, err)
		}
		if p.Name+".yaml" != file {
			return nil, fmt.Errorf("profile %s calls itself %q", file, p.Name)
		}
		profiles[p.Name] = p
	}
	return profiles, nil
}

// profileText is a profile as its file has it.
type profileText struct {
	Name        string   `yaml:"name"`
	Line        Line     `yaml:"line"`
	AnyLine     bool     `yaml:"any_line"`
	Delegate    bool     `yaml:"delegate"`
	Keys        []string `yaml:"keys"`
	Escrowed    bool     `yaml:"escrowed"`
	Days        int      `yaml:"days"`
	KeyUsage    []string `yaml:"key_usage"`
	ExtKeyUsage []string `yaml:"extended_key_usage"`
	ExtCritical bool     `yaml:"extended_key_usage_critical"`
	Policy      int      `yaml:"policy"`
	NoStatus    bool     `yaml:"no_status"`
	Subject     []struct {
		Attribute string `yaml:"attribute"`
		Required  bool   `yaml:"required"`
	} `yaml:"subject"`
	SerialNumber string `yaml:"serial_number"`
	Person       bool   `yaml:"person"`
	Tenure       string `yaml:"tenure"`
	RelyingParty string `yaml:"relying_party"`
	SANs         struct {
		DNS   string `yaml:"dns"`
		IP    string `yaml:"ip"`
		Email string `yaml:"email"`
		URI   string `yaml:"uri"`
		Some  bool   `yaml:"some"`

		Wildcard bool `yaml:"wildcard"`
	} `yaml:"sans"`
	NameFromSANs bool `yaml:"name_from_sans"`
	QC           *struct {
		Type  string `yaml:"type"`
		Limit *struct {
			Currency string `yaml:"currency"`
			Amount   int64  `yaml:"amount"`
			Exponent int    `yaml:"exponent"`
		} `yaml:"limit"`
	} `yaml:"qc"`
	Reasons     []int  `yaml:"reasons"`
	Hold        bool   `yaml:"hold"`
	TenureEnded string `yaml:"tenure_ended"`
	SIMChanged  string `yaml:"sim_changed"`
	Renew       bool   `yaml:"renew"`
	Log         string `yaml:"log"`
}

// ParseProfile reads a profile, strictly: an unknown member or value is an error.
func ParseProfile(text []byte) (*Profile, error) {
	var t profileText
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return nil, err
	}
	w := wording{}
	p := &Profile{
		Name: t.Name, Line: one(&w, t.Line, LineBank, LineEID, LineEnterprise, LineService), AnyLine: t.AnyLine, Delegate: t.Delegate, Escrowed: t.Escrowed,
		Validity: time.Duration(t.Days) * 24 * time.Hour, ExtKeyCritical: t.ExtCritical, Policy: t.Policy, NoStatus: t.NoStatus,
		Tenured: one(&w, t.SerialNumber, "", "tenure") != "", Person: t.Person,
		RelyingParty: w.presence(t.RelyingParty), Tenure: w.presence(t.Tenure),
		DNS: w.presence(t.SANs.DNS), IP: w.presence(t.SANs.IP), Email: w.presence(t.SANs.Email), URI: w.presence(t.SANs.URI),
		SomeSAN: t.SANs.Some, NameFromSANs: t.NameFromSANs, Wildcard: t.SANs.Wildcard, Reasons: t.Reasons, Hold: t.Hold,
		OnTenureEnded: w.action(t.TenureEnded), OnSIMChanged: w.action(t.SIMChanged), Renew: t.Renew,
		LogFull: one(&w, t.Log, "hash", "full") == "full",
	}
	if p.Tenured && t.Tenure == "" {
		p.Tenure = Required
	}
	for _, k := range t.Keys {
		p.Keys = append(p.Keys, one(&w, csr.Algorithm(k), csr.P256, csr.P384, csr.RSA, csr.SM2))
	}
	for _, u := range t.KeyUsage {
		p.KeyUsage |= w.keyUsage(u)
	}
	for _, o := range t.ExtKeyUsage {
		p.ExtKeyUsage = append(p.ExtKeyUsage, w.oid(o))
	}
	for _, s := range t.Subject {
		p.Subject = append(p.Subject, AttributeRule{w.attribute(s.Attribute), s.Required})
	}
	p.QC = w.statements(t)
	w.check(t.Days > 0 && len(p.Keys) > 0 && p.Policy > 0 && len(p.Reasons) > 0, "days, keys, policy and reasons are required")
	w.check(p.KeyUsage != 0, "key_usage is required")
	w.check(p.Hold || p.OnTenureEnded != ActionHold && p.OnSIMChanged != ActionHold, "an event holds, but hold is not allowed")
	w.check(p.NameFromSANs || slices.ContainsFunc(p.Subject, func(r AttributeRule) bool { return r.Attribute == CommonName && r.Required }),
		"a subject needs a common name, unless alternative names identify it")
	return p, w.err
}

// wording collects the first thing wrong in a profile.
type wording struct{ err error }

func (w *wording) check(ok bool, text string) {
	if !ok && w.err == nil {
		w.err = fmt.Errorf("%s", text)
	}
}

func one[T ~string](w *wording, v T, of ...T) T {
	w.check(slices.Contains(of, v), fmt.Sprintf("%q is none of %q", v, of))
	return v
}

func (w *wording) presence(s string) Presence {
	if s == "none" {
		return Forbidden
	}
	return one(w, Presence(s), Forbidden, Optional, Required)
}

func (w *wording) action(s string) Action {
	if s == "none" {
		return ActionNone
	}
	return one(w, Action(s), ActionNone, ActionRevoke, ActionHold)
}

var keyUsages = map[string]x509.KeyUsage{
	"digital_signature": x509.KeyUsageDigitalSignature, "content_commitment": x509.KeyUsageContentCommitment,
	"key_encipherment": x509.KeyUsageKeyEncipherment, "data_encipherment": x509.KeyUsageDataEncipherment,
	"key_agreement": x509.KeyUsageKeyAgreement,
}

func (w *wording) keyUsage(s string) x509.KeyUsage {
	u, ok := keyUsages[s] // none of a CA: this package issues to subscribers
	w.check(ok, fmt.Sprintf("key usage %q", s))
	return u
}

func (w *wording) oid(s string) (o asn1.ObjectIdentifier) {
	for arc := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(arc)
		w.check(err == nil && n >= 0, fmt.Sprintf("object identifier %q", s))
		o = append(o, n)
	}
	w.check(len(o) > 2, fmt.Sprintf("object identifier %q", s))
	return o
}

func (w *wording) attribute(s string) Attribute {
	a, ok := attributeNames[s]
	w.check(ok, fmt.Sprintf("attribute %q", s))
	return a
}

var qcTypes = map[string]qc.Type{"esign": qc.ESign, "eseal": qc.ESeal, "web": qc.Web}

func (w *wording) statements(t profileText) *qc.Statements {
	if t.QC == nil {
		return nil
	}
	kind, ok := qcTypes[t.QC.Type]
	w.check(ok, fmt.Sprintf("qc type %q", t.QC.Type))
	s := &qc.Statements{Types: []qc.Type{kind}}
	if l := t.QC.Limit; l != nil {
		s.Limit = &qc.Limit{Currency: l.Currency, Amount: l.Amount, Exponent: l.Exponent}
	}
	return s
}
