package ceremony

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// extensionNames are those of the extensions a ceremony makes.
var extensionNames = map[string]string{
	"2.5.29.14":            "subjectKeyIdentifier",
	"2.5.29.15":            "keyUsage",
	"2.5.29.19":            "basicConstraints",
	"2.5.29.30":            "nameConstraints",
	"2.5.29.31":            "cRLDistributionPoints",
	"2.5.29.32":            "certificatePolicies",
	"2.5.29.35":            "authorityKeyIdentifier",
	"2.5.29.37":            "extKeyUsage",
	"1.3.6.1.5.5.7.1.1":    "authorityInfoAccess",
	"1.3.6.1.5.5.7.48.1.5": "ocspNoCheck",
}

// WriteTo writes the plan for the people who decide on it: every certificate with its subject, issuer, validity, key and each
// extension's DER.
func (p Plan) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, id := range p.Kept {
		fmt.Fprintf(&b, "keep    %s\n", id)
	}
	for _, id := range p.Retired {
		fmt.Fprintf(&b, "retire  %s: it serves status only\n", id)
	}
	for _, s := range p.Steps {
		s.describe(&b)
	}
	for _, root := range p.CRLs {
		fmt.Fprintf(&b, "sign    CRL of %s\n", root)
	}
	if p.Empty() {
		b.WriteString("nothing to do\n")
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func (s Step) describe(b *strings.Builder) {
	c := s.Draft
	fmt.Fprintf(b, "sign    %s (%s)\n", s.ID, s.what())
	line := func(what, format string, args ...any) {
		fmt.Fprintf(b, "        %-10s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("subject", "%s", c.Subject)
	line("issuer", "%s", c.Issuer)
	line("key", "%s, %s, %s", s.Algorithm, s.Key, either(s.KeyMade, "made already", "to be made"))
	line("serial", "%s", either(s.SerialFixed, c.SerialNumber.Text(16), "drawn at the run"))
	line("validity", "%s to %s", c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339))
	line("signature", "%s", c.SignatureAlgorithm)
	for _, e := range c.Extensions {
		name := extensionNames[e.Id.String()]
		line("extension", "%s %s%s = %s", e.Id, name, either(e.Critical, ", critical,", ""), s.value(name, e.Value))
		if meaning := meaning(name, c); meaning != "" {
			line("", "%s", meaning)
		}
	}
	sum, known := s.TBSDigest()
	line("TBS", "%s", either(known, "sha256 "+sum, "not known before keys and serial are"))
}

func (s Step) what() string {
	if s.Line != "" {
		return string(s.Role) + " CA, line " + string(s.Line)
	}
	return string(s.Role)
}

// value hides what a throw-away key stands in for.
func (s Step) value(name string, der []byte) string {
	if name == "subjectKeyIdentifier" && !s.KeyMade || name == "authorityKeyIdentifier" && !s.IssuerMade {
		return "from the key to be made"
	}
	return hex.EncodeToString(der)
}

// meaning says an extension in words, where there are some.
func meaning(name string, c *smx509.Certificate) string {
	switch name {
	case "basicConstraints":
		switch {
		case !c.IsCA:
			return "not a CA"
		case c.MaxPathLen < 0:
			return "CA, no path length"
		default:
			return fmt.Sprintf("CA, path length %d", c.MaxPathLen)
		}
	case "keyUsage":
		return either(c.IsCA, "keyCertSign, cRLSign", "digitalSignature")
	case "extKeyUsage":
		return strings.Join(usageNames(c), ", ")
	case "certificatePolicies":
		return policyNames(c)
	case "cRLDistributionPoints":
		return strings.Join(c.CRLDistributionPoints, " ")
	case "authorityInfoAccess":
		return "caIssuers " + strings.Join(c.IssuingCertificateURL, " ")
	case "nameConstraints":
		return "permitted DNS " + strings.Join(c.PermittedDNSDomains, " ")
	default:
		return ""
	}
}

func usageNames(c *smx509.Certificate) []string {
	names := map[smx509.ExtKeyUsage]string{smx509.ExtKeyUsageServerAuth: "serverAuth", smx509.ExtKeyUsageClientAuth: "clientAuth",
		smx509.ExtKeyUsageEmailProtection: "emailProtection", smx509.ExtKeyUsageTimeStamping: "timeStamping", smx509.ExtKeyUsageOCSPSigning: "OCSPSigning"}
	var found []string
	for _, u := range c.ExtKeyUsage {
		found = append(found, names[u])
	}
	for _, u := range c.UnknownExtKeyUsage {
		found = append(found, either(u.Equal(issuingUsages["document_signing"]), "documentSigning", u.String()))
	}
	return found
}

func policyNames(c *smx509.Certificate) string {
	var found []string
	for _, p := range c.Policies {
		found = append(found, either(p.String() == anyPolicy, "anyPolicy", p.String()))
	}
	return strings.Join(found, ", ")
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}
