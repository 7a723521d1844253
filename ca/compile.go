package ca

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/lint"
	"simtrust/ca/qc"
	"simtrust/internal/keys"
)

// compiled is a profile under an issuer, with everything that is the same for all its certificates worked out.
type compiled struct {
	profile    *Profile
	issuer     *Issuer
	urls       URLs
	policy     asn1.ObjectIdentifier
	statements *qc.Statements
	ground     string           // in law, of the statements; empty where they claim nothing
	public     crypto.PublicKey // of the issuer's certificate
	above      constraints
	extensions []byte
	lints      *lint.Set
}

// issuance is the hierarchy and the profiles, compiled.
type issuance struct {
	hierarchy *Hierarchy
	profiles  map[string]*Profile
	combined  map[string]*compiled // by profile and issuer, separated by a slash
}

var issuerID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func compile(h *Hierarchy, c Config) (*issuance, error) {
	profiles, err := Profiles()
	if err != nil {
		return nil, err
	}
	out := &issuance{hierarchy: h, profiles: profiles, combined: map[string]*compiled{}}
	for _, i := range h.Issuers {
		if err := out.add(i, c); err != nil {
			return nil, fmt.Errorf("ca: issuer %q: %w", i.ID, err)
		}
	}
	return out, nil
}

// add compiles what an issuer can issue: of the profiles of its line those that its certificate and those above allow it. One that new
// certificates come from, and that can issue nothing, is refused.
func (in *issuance) add(i *Issuer, c Config) error {
	public, err := i.check()
	if err != nil {
		return err
	}
	above, err := i.constraints()
	if err != nil {
		return err
	}
	own := 0
	for _, p := range in.profiles {
		if p.Line != i.Line && !p.AnyLine {
			continue
		}
		k, err := combine(p, i, public, c)
		if err != nil {
			return fmt.Errorf("profile %s: %w", p.Name, err)
		}
		if !above.allow(k.policy, p.ExtKeyUsage) {
			continue
		}
		if k.above = above; !p.AnyLine {
			own++
		}
		in.combined[p.Name+"/"+i.ID] = k
	}
	if i.Active && own == 0 {
		return fmt.Errorf("its certificate, or one above it, leaves no profile of line %s that it could issue: look at policies and extended key usages", i.Line)
	}
	return nil
}

// check holds an issuer's parts against its certificate and its key against both, and returns the certificate's public key.
func (i *Issuer) check() (crypto.PublicKey, error) {
	if !issuerID.MatchString(i.ID) {
		return nil, fmt.Errorf("an id is lower-case letters, digits and hyphens")
	}
	cert, err := smx509.ParseCertificate(i.Raw)
	if err != nil {
		return nil, err
	}
	switch {
	case !bytes.Equal(cert.RawSubject, i.Subject) || !bytes.Equal(cert.SubjectKeyId, i.KeyID):
		return nil, fmt.Errorf("subject or key identifier are not the certificate's")
	case !cert.NotAfter.Equal(i.NotAfter) || !cert.NotBefore.Equal(i.NotBefore):
		return nil, fmt.Errorf("the validity is not the certificate's")
	case !cert.IsCA:
		return nil, fmt.Errorf("the certificate is no authority's")
	}
	if algorithm, err := keys.AlgorithmOf(cert.PublicKey); err != nil || algorithm != i.Algorithm {
		return nil, fmt.Errorf("the certificate's key is not one of %s", i.Algorithm)
	}
	if i.Signer == nil {
		return nil, fmt.Errorf("no key")
	}
	return cert.PublicKey, keys.CheckPair(i.Signer, cert.PublicKey)
}

func combine(p *Profile, i *Issuer, public crypto.PublicKey, c Config) (*compiled, error) {
	w := wording{}
	k := &compiled{
		profile: p, issuer: i, urls: URLs{c.BaseURL}, policy: append(w.oid(c.PolicyArc), p.Policy),
		public: public,
	}
	if w.err != nil {
		return nil, w.err
	}
	if p.QC != nil {
		k.statements = qualify(*p.QC, c)
		if c.Qualified.claims() {
			k.ground = c.Qualified.LegalGround
		}
	}
	var err error
	if k.extensions, err = k.fixedExtensions(); err != nil {
		return nil, err
	}
	o := lint.Options{
		Issuer: i.Raw, OCSP: k.urls.OCSP(i.ID), CAIssuers: k.urls.Issuer(i.ID), CRLPrefix: k.urls.CRLPrefix(i.ID),
		Policies: []asn1.ObjectIdentifier{k.policy}, MaxValidity: p.Validity, Qualified: k.ground != "",
	}
	k.lints, err = lint.For(p.Name, o)
	return k, err
}

// qualify adds what the deployment claims and where it discloses its practice.
func qualify(s qc.Statements, c Config) *qc.Statements {
	s.Compliance, s.Legislation, s.SSCD = c.Qualified.Compliance, c.Qualified.Legislation, c.Qualified.SSCD
	s.Disclosures = c.Disclosures
	return &s
}

// settle fills the defaults in and refuses what cannot be meant.
func (c Config) settle() (Config, error) {
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Scheme != "http" || u.Host == "":
		return c, fmt.Errorf("ca: the base URL is not an http URL; status must be checkable before TLS is, so certificates name no other")
	case len(c.SubjectKey) < sha256.Size:
		return c, fmt.Errorf("ca: the subject key has fewer than 256 bits")
	case c.Shards < 0 || c.Shards > maxShards:
		return c, fmt.Errorf("ca: 1 to %d shards", maxShards)
	case c.Node > 0x7f:
		return c, fmt.Errorf("ca: the node is 0x01 to 0x7f")
	case c.Qualified.claims() && c.Qualified.LegalGround == "":
		return c, fmt.Errorf("ca: qualified statements need the legal ground on which they are made")
	}
	if c.Shards == 0 {
		c.Shards = defaultShards
	}
	if c.Node == 0 {
		c.Node = 1
	}
	if c.PolicyArc == "" {
		c.PolicyArc = "1.3.6.1.4.1.32473.1"
	}
	if len(c.Disclosures) == 0 {
		c.Disclosures = []qc.Disclosure{{URL: "https://" + u.Host + "/ca/pds/en", Language: "en"}}
	}
	if c.Signatures == 0 {
		c.Signatures = defaultSignatures
	}
	if c.SigningTime == 0 {
		c.SigningTime = defaultSigningTime
	}
	return c, nil
}
