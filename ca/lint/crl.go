package lint

import "time"

// CRL is what the revocation lists of one shard must look like.
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

// Check lints a CRL's DER; the signature is not verified.
func (c CRL) Check(der []byte) []Finding { return nil }
