package lint

import (
	"fmt"
	"slices"

	"github.com/zmap/zcrypto/x509"
	zlint "github.com/zmap/zlint/v3/lint"
	_ "github.com/zmap/zlint/v3/lints/cabf_br" // each registers its lints
	_ "github.com/zmap/zlint/v3/lints/community"
	_ "github.com/zmap/zlint/v3/lints/etsi"
	_ "github.com/zmap/zlint/v3/lints/mozilla"
	_ "github.com/zmap/zlint/v3/lints/rfc"
)

// sources of zlint that apply to every certificate here.
var sources = []zlint.LintSource{zlint.RFC3279, zlint.RFC5280, zlint.RFC5480, zlint.RFC5891, zlint.RFC6960, zlint.RFC8813, zlint.Community,
	zlint.MozillaRootStorePolicy}

// publicLints are zlint's lints that are left for a profile.
type publicLints struct {
	lints  []*zlint.CertificateLint
	config zlint.Configuration
}

func publicLintsFor(profile string, r rules) (publicLints, error) {
	global := zlint.GlobalRegistry()
	p := publicLints{config: global.GetConfiguration()}
	wanted := slices.Clone(sources)
	if slices.Contains(r.extUsage, ekuServer) && !r.ca {
		wanted = append(wanted, zlint.CABFBaselineRequirements)
	}
	if r.qc != forbidden {
		wanted = append(wanted, zlint.EtsiEsi)
	}
	for _, s := range suppressed {
		if global.CertificateLints().ByName(s.lint) == nil {
			return p, fmt.Errorf("lint: %s is suppressed and does not exist", s.lint)
		}
	}
	for _, l := range global.CertificateLints().Lints() {
		if slices.Contains(wanted, l.Source) && !isSuppressed(l.Name, profile) && !isRedundant(l.Name, r) {
			p.lints = append(p.lints, l)
		}
	}
	return p, nil
}

// run is l.Execute, which spends as much on configuring a lint as on running it, though hardly one can be configured, and on saying
// that it does not apply: nil.
func (p publicLints) run(l *zlint.CertificateLint, c *x509.Certificate) *zlint.LintResult {
	lint := l.Lint()
	if _, ok := lint.(zlint.Configurable); ok {
		return l.Execute(c, p.config)
	}
	if !lint.CheckApplies(c) || !l.CheckEffective(c) {
		return nil
	}
	return lint.Execute(c)
}

// check runs the lints; what zlint calls a notice is no finding. A panic in a lint is one: the certificate stays unsigned.
func (p publicLints) check(der []byte) (findings []Finding) {
	defer func() {
		if v := recover(); v != nil {
			findings = append(findings, Finding{"zlint_panic", Error, fmt.Sprint(v)})
		}
	}()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return []Finding{{"zlint_parse", Error, err.Error()}}
	}
	for _, l := range p.lints {
		switch result := p.run(l, c); {
		case result == nil:
		case result.Status == zlint.Warn:
			findings = append(findings, Finding{l.Name, Warning, l.Description})
		case result.Status > zlint.Warn:
			findings = append(findings, Finding{l.Name, Error, l.Description})
		}
	}
	return findings
}
