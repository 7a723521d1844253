package qc

// Statements is the content of the extension. The zero value states nothing.
type Statements struct {
	// Compliance is QcCompliance: the certificate is an EU qualified certificate, or, with Legislation, one under the laws of the
	// countries named there.
	Compliance bool
	// Legislation is QcCClegislation: ISO 3166-1 alpha-2 codes of the countries whose law makes the certificate qualified.
	Legislation []string
	// Limit is QcLimitValue; nil states none.
	Limit *Limit
	// Retention is QcRetentionPeriod, in years after the certificate's end; nil states none.
	Retention *int
	// SSCD is QcSSCD: the private key resides in a qualified signature or seal creation device.
	SSCD bool
	// Disclosures is QcPDS.
	Disclosures []Disclosure
	// Types is QcType.
	Types []Type
}

// Limit is the value of transactions a certificate may be used for: Amount × 10^Exponent units of Currency.
type Limit struct {
	Currency string // ISO 4217 alphabetic code
	Amount   int64
	Exponent int
}

// Disclosure is where a PKI disclosure statement can be read.
type Disclosure struct {
	URL      string // https
	Language string // ISO 639-1, two lower-case letters
}

// Type is what a certificate is for.
type Type int

// The types of ETSI EN 319 412-5 §4.2.3.
const (
	ESign Type = 1 + iota // electronic signatures
	ESeal                 // electronic seals
	Web                   // web site authentication
)
