package app

import (
	"path/filepath"
	"time"
)

// CA configures the certificate authority. Without Dir there is none.
type CA struct {
	// Dir is the hierarchy that simtrust ca init made.
	Dir string `yaml:"dir,omitempty"`
	// Keys is the folder of the keys of issuing CAs and delegates, SecretFile what encrypts them, PKCS11 a token instead of it (for
	// all but SM2). The defaults are those of simtrust ca init beside Dir: DIR-keys and DIR-keys.secret.
	Keys       string `yaml:"keys,omitempty"`
	SecretFile string `yaml:"secret_file,omitempty"`
	PKCS11     string `yaml:"pkcs11,omitempty"`
	// BaseURL is where OCSP, CRLs and issuer certificates are fetched; it is baked into certificates. Default: the issuer.
	BaseURL string `yaml:"base_url,omitempty"`
	// LogDir is the folder of the transparency log, shared by all nodes or on one of them. Default: DIR-log.
	LogDir string `yaml:"log_dir,omitempty"`
	// Lead is how long every node knows a new issuing CA before one issues from it. Default: 10s, with the embedded store 2s.
	Lead time.Duration `yaml:"lead,omitempty"`
	// Shards is into how many parts an issuer's CRL is cut, Node what serial numbers of this node begin with (1 to 127, distinct
	// among nodes), PolicyArc the object identifier under which the profiles' policies are. Its default is for documentation.
	Shards    int    `yaml:"shards,omitempty"`
	Node      byte   `yaml:"node,omitempty"`
	PolicyArc string `yaml:"policy_arc,omitempty"`
	// Disclosures are the PKI disclosure statements that eID certificates point to: files by language, UTF-8 text or PDF, one in English.
	Disclosures map[string]string `yaml:"disclosures,omitempty"`
	// Qualified is what eID certificates claim in law.
	Qualified Qualified `yaml:"qualified,omitempty"`
	ACME      ACME      `yaml:"acme,omitempty"`
	EST       EST       `yaml:"est,omitempty"`
}

// EST says what clients of RFC 7030 may enrol for: Default is the profile of paths without a label (tls-client), Labels are all
// profiles (tls-client, tls-server, enterprise).
type EST struct {
	Default string   `yaml:"default,omitempty"`
	Labels  []string `yaml:"labels,omitempty"`
}

// Qualified switches on the statements of ETSI EN 319 412-5 that make a legal claim; LegalGround says by what right and is recorded.
type Qualified struct {
	Compliance  bool     `yaml:"compliance,omitempty"`
	Legislation []string `yaml:"legislation,omitempty"`
	SSCD        bool     `yaml:"sscd,omitempty"`
	LegalGround string   `yaml:"legal_ground,omitempty"`
}

func (c *CA) complete(issuer string) {
	if c.Keys == "" {
		c.Keys = filepath.Clean(c.Dir) + "-keys"
	}
	if c.SecretFile == "" {
		c.SecretFile = filepath.Clean(c.Keys) + ".secret"
	}
	if c.BaseURL == "" {
		c.BaseURL = issuer
	}
	if c.LogDir == "" {
		c.LogDir = filepath.Clean(c.Dir) + "-log"
	}
}
