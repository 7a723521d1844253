package ceremony

import (
	"context"
	_ "embed"
	"time"

	"simtrust/ca"
)

//go:embed default.yaml
var defaultFile []byte

// Example is a ceremony file to start from: the one of the sandbox, with a base URL to be replaced.
func Example() []byte {
	return append([]byte("base_url: http://ca.example\n"), defaultFile...)
}

// Default is the ceremony of a sandbox: a P-256 root with an issuing CA for every line and a time-stamping delegate, and an SM2
// root with an issuing CA for banks.
func Default(baseURL string, now time.Time) Spec {
	s, err := Parse(defaultFile)
	if err != nil {
		panic(err) // embedded
	}
	s.BaseURL, s.At = baseURL, Instant{now.Add(-time.Hour)} // relying parties' clocks may be behind
	return s
}

// Open loads the hierarchy of a node that keeps all keys itself. It makes it, from spec, where there is none, and renews what
// ends soon.
func (c Ceremony) Open(ctx context.Context, spec Spec) (*ca.Hierarchy, error) {
	renew := c.Renew
	if !c.store().exists() {
		renew = func(ctx context.Context) (Plan, error) { return c.Run(ctx, spec) }
	}
	if _, err := renew(ctx); err != nil {
		return nil, err
	}
	return Load(ctx, c.Dir, c.Vault, c.now())
}
