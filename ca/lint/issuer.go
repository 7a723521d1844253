package lint

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1" // key identifiers of RFC 5280 §4.2.1.2, not a signature
	"crypto/sha256"
	"slices"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// signatures are the signature algorithms of each kind of issuer's key.
var signatures = map[kind][]smx509.SignatureAlgorithm{
	kindP256: {smx509.ECDSAWithSHA256},
	kindP384: {smx509.ECDSAWithSHA384},
	kindRSA:  {smx509.SHA256WithRSA, smx509.SHA384WithRSA, smx509.SHA512WithRSA},
	kindSM2:  {smx509.SM2WithSM3},
}

func checkIssuer(r *report) {
	issuer := r.issuer
	if issuer == nil {
		issuer = r.Certificate
		r.object(len(r.AuthorityKeyId) != 0 && !bytes.Equal(r.AuthorityKeyId, r.SubjectKeyId), "a root names another authority's key")
	} else {
		r.object(!bytes.Equal(r.AuthorityKeyId, issuer.SubjectKeyId), "the authority key identifier is not the issuer's")
		r.object(!keyIDOnly(r.certificate), "the authority key identifier is not a key identifier alone")
		r.object(bytes.Equal(r.RawSubject, issuer.RawSubject), "the subject has its issuer's name")
	}
	r.object(!bytes.Equal(r.RawIssuer, issuer.RawSubject), "the issuer's name is not that of its certificate, octet by octet")
	r.object(!slices.Contains(signatures[kindOf(issuer.PublicKey)], r.SignatureAlgorithm), "%v is not a signature of the issuer's key", r.SignatureAlgorithm)
}

// keyIDOnly holds the extension to RFC 5280 §4.2.1.1 without issuer and serial number, which break roll-over.
func keyIDOnly(c *certificate) bool {
	value, _ := c.extension(extAuthorityKeyID)
	in := cryptobyte.String(value)
	var fields, id cryptobyte.String
	return in.ReadASN1(&fields, asn1.SEQUENCE) && fields.ReadASN1(&id, asn1.Tag(0).ContextSpecific()) && fields.Empty()
}

// checkSubjectKey takes identifiers by RFC 5280 §4.2.1.2 and RFC 7093 §2, method 1.
func checkSubjectKey(r *report) {
	r.object(!slices.Contains(r.rules.keys, r.kind), "a key the profile does not take")
	if key, ok := r.PublicKey.(*rsa.PublicKey); ok {
		bits := key.N.BitLen()
		r.object(bits < 2048 || bits > 4096 || r.rules.ca && bits < 3072, "an RSA key of %d bits", bits)
	}
	key := keyBits(r.RawSubjectPublicKeyInfo)
	short, long := sha1.Sum(key), sha256.Sum256(key)
	r.object(!bytes.Equal(r.SubjectKeyId, short[:]) && !bytes.Equal(r.SubjectKeyId, long[:20]), "the subject key identifier is not the key's")
	r.object(r.issuer != nil && bytes.Equal(r.RawSubjectPublicKeyInfo, r.issuer.RawSubjectPublicKeyInfo), "the subject has its issuer's key")
}

func keyBits(spki cryptobyte.String) []byte {
	var info cryptobyte.String
	var key []byte
	if !spki.ReadASN1(&info, asn1.SEQUENCE) || !info.SkipASN1(asn1.SEQUENCE) || !info.ReadASN1BitStringAsBytes(&key) {
		return nil
	}
	return key
}
