package ca

import "strconv"

// URLs are the addresses that certificates carry.
type URLs struct{ base string }

// OCSP is where the status of the issuer's certificates is asked.
func (u URLs) OCSP(issuer string) string { return u.base + "/ocsp/" + issuer }

// CRLPrefix is what the addresses of the issuer's CRL shards begin with.
func (u URLs) CRLPrefix(issuer string) string { return u.base + "/crl/" + issuer + "/" }

// CRL is where a shard of the issuer's CRL is, and what its issuing distribution point says.
func (u URLs) CRL(issuer string, shard int) string {
	return u.CRLPrefix(issuer) + strconv.Itoa(shard) + ".crl"
}

// Issuer is where the issuer's own certificate is.
func (u URLs) Issuer(issuer string) string { return u.base + "/ca/issuers/" + issuer + ".cer" }
