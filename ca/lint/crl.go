package lint

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// CRL is what the revocation lists of one shard must look like (RFC 5280 §5).
type CRL struct {
	// Issuer is the issuing CA's certificate, DER.
	Issuer []byte
	// URL is the distribution point of the shard, exactly as certificates name it.
	URL string
	// MaxValidity is the longest time from thisUpdate to nextUpdate, both included.
	MaxValidity time.Duration
	// Holds allows the reason certificateHold.
	Holds bool
}

const (
	extCRLNumber    = "2.5.29.20"
	extReason       = "2.5.29.21"
	extIssuingPoint = "2.5.29.28"
	maxCRLNumber    = 20 // octets, RFC 5280 §5.2.3
	reasonHold      = 6
)

// reasons are those a subscriber's certificate is revoked for (RFC 5280 §5.3.1); unspecified is said by saying nothing.
var reasons = []int{1, 3, 4, 5, 9}

// Check lints a CRL's DER; the signature is not verified.
func (c CRL) Check(der []byte) []Finding {
	list, err := smx509.ParseRevocationList(der)
	if err != nil {
		return []Finding{{"st_crl_parse", Error, err.Error()}}
	}
	issuer, err := smx509.ParseCertificate(c.Issuer)
	if err != nil {
		return []Finding{{"st_crl_issuer", Error, "the issuer's certificate cannot be read"}}
	}
	r := &crlReport{CRL: c, list: list, issuer: issuer}
	r.checkIssuer()
	r.checkTimes()
	r.checkExtensions()
	r.checkEntries()
	return r.findings
}

type crlReport struct {
	CRL
	list     *smx509.RevocationList
	issuer   *smx509.Certificate
	findings []Finding
}

func (r *crlReport) object(wrong bool, lint, format string, args ...any) {
	if wrong {
		r.findings = append(r.findings, Finding{lint, Error, fmt.Sprintf(format, args...)})
	}
}

func (r *crlReport) checkIssuer() {
	const lint = "st_crl_issuer"
	r.object(!bytes.Equal(r.list.RawIssuer, r.issuer.RawSubject), lint, "the issuer's name is not that of its certificate, octet by octet")
	r.object(!bytes.Equal(r.list.AuthorityKeyId, r.issuer.SubjectKeyId), lint, "the authority key identifier is not the issuer's")
	r.object(!slices.Contains(signatures[kindOf(r.issuer.PublicKey)], r.list.SignatureAlgorithm), lint, "not a signature of the issuer's key")
}

func (r *crlReport) checkTimes() {
	const lint = "st_crl_validity"
	length := inclusive(r.list.ThisUpdate, r.list.NextUpdate)
	r.object(r.list.NextUpdate.IsZero() || length <= time.Second, lint, "no next update after this one")
	r.object(length > r.MaxValidity, lint, "valid for %v, more than %v, both ends included", length, r.MaxValidity)
	r.object(r.list.NextUpdate.After(r.issuer.NotAfter), lint, "valid longer than its issuer")
}

func (r *crlReport) checkExtensions() {
	number := r.list.Number
	r.object(number == nil || number.Sign() <= 0 || len(number.Bytes()) > maxCRLNumber, "st_crl_number", "no CRL number, or not one from 1 up in 20 octets")
	var point []byte
	for _, e := range r.list.Extensions {
		id := e.Id.String()
		switch id {
		case extIssuingPoint:
			point = e.Value
			r.object(!e.Critical, "st_crl_issuing_point", "the issuing distribution point is not critical")
		case extCRLNumber, extAuthorityKeyID:
			r.object(e.Critical, "st_crl_extensions", "extension %s is critical", id)
		default: // a delta CRL indicator among them: the lists here are full
			r.object(true, "st_crl_extensions", "unknown extension %s", id)
		}
	}
	at, ok := issuingPoint(point)
	r.object(!ok, "st_crl_issuing_point", "the issuing distribution point is not one URL and, at most, onlyContainsUserCerts")
	r.object(ok && at != r.URL, "st_crl_issuing_point", "the issuing distribution point is %q, certificates name %q", at, r.URL)
}

// issuingPoint reads IssuingDistributionPoint (RFC 5280 §5.2.5) of one URL; of the flags only onlyContainsUserCerts or
// onlyContainsCACerts may be set, and none may be written as FALSE.
func issuingPoint(in cryptobyte.String) (string, bool) {
	zero := asn1.Tag(0).ContextSpecific().Constructed()
	var fields, name, full, at cryptobyte.String
	ok := in.ReadASN1(&fields, asn1.SEQUENCE) && in.Empty() && fields.ReadASN1(&name, zero) && name.ReadASN1(&full, zero) && name.Empty() &&
		full.ReadASN1(&at, asn1.Tag(nameURI).ContextSpecific()) && full.Empty()
	if ok && !fields.Empty() {
		var flag cryptobyte.String
		var tag asn1.Tag
		ok = fields.ReadAnyASN1(&flag, &tag) && fields.Empty() && string(flag) == "\xff" &&
			(tag == asn1.Tag(1).ContextSpecific() || tag == asn1.Tag(2).ContextSpecific())
	}
	return string(at), ok && plainURL(string(at))
}

func (r *crlReport) checkEntries() {
	const lint = "st_crl_entries"
	r.object(len(r.list.RevokedCertificateEntries) == 0 && hasRevokedList(r.list.RawTBSRevocationList), lint, "an empty list of revoked certificates is written out")
	seen := make(map[string]bool, len(r.list.RevokedCertificateEntries))
	for _, e := range r.list.RevokedCertificateEntries {
		serial := e.SerialNumber.Text(16)
		r.object(seen[serial], lint, "serial number %s occurs twice", serial)
		seen[serial] = true
		r.object(e.SerialNumber.Sign() <= 0, lint, "serial number %s is not positive", serial)
		r.object(e.RevocationTime.After(r.list.ThisUpdate), lint, "%s is revoked after the list was made", serial)
		r.checkReason(e, serial)
	}
}

func (r *crlReport) checkReason(e smx509.RevocationListEntry, serial string) {
	const lint = "st_crl_reason"
	for _, x := range e.Extensions {
		r.object(x.Id.String() != extReason || x.Critical, lint, "serial number %s has another entry extension than a reason", serial)
	}
	if len(e.Extensions) == 0 {
		return
	}
	allowed := slices.Contains(reasons, e.ReasonCode) || r.Holds && e.ReasonCode == reasonHold
	r.object(!allowed, lint, "serial number %s has reason %d", serial, e.ReasonCode)
}

// hasRevokedList says whether TBSCertList (RFC 5280 §5.1) has the field revokedCertificates, empty or not.
func hasRevokedList(tbs cryptobyte.String) bool {
	var fields cryptobyte.String
	if !tbs.ReadASN1(&fields, asn1.SEQUENCE) || !fields.SkipASN1(asn1.INTEGER) || !fields.SkipASN1(asn1.SEQUENCE) || !fields.SkipASN1(asn1.SEQUENCE) {
		return false
	}
	for fields.PeekASN1Tag(asn1.UTCTime) || fields.PeekASN1Tag(asn1.GeneralizedTime) {
		var element cryptobyte.String
		var tag asn1.Tag
		fields.ReadAnyASN1Element(&element, &tag)
	}
	return fields.PeekASN1Tag(asn1.SEQUENCE)
}
