package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"simtrust/internal/sqldb"
	"simtrust/simshield"
)

// Config is the one configuration file, strict YAML: an unknown or mistyped key is refused and named with its line. It holds
// structure; secrets stand in files of their own and are named here by path. Relative paths are taken from the working folder.
type Config struct {
	// Listen is the address of the HTTP face, host:port; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// Issuer is the URL by which clients know this server; by default http(s)://listen.
	Issuer string `yaml:"issuer,omitempty"`
	// Data is the folder of the embedded store and of the keys.
	Data string `yaml:"data"`
	// Database is sqlite:FILE or postgres://…; by default sqlite in the data folder.
	Database string `yaml:"database,omitempty"`
	// DatabasePasswordFile holds the password of a postgres URL that has none.
	DatabasePasswordFile string `yaml:"database_password_file,omitempty"`
	// Store adjusts how the database is opened. It is for programs such as the benchmarks; the file has no word for it.
	Store []sqldb.Option `yaml:"-"`
	// AnyPort has RADIUS and SMPP listen on a free port of their host where somebody has theirs. It is for the sandbox; the file has no
	// word for it.
	AnyPort bool `yaml:"-"`

	Log Log `yaml:"log"`
	TLS TLS `yaml:"tls,omitempty"`
	// BehindTLSProxy allows plain HTTP on an address other than loopback: somebody else terminates TLS in front.
	BehindTLSProxy bool `yaml:"behind_tls_proxy,omitempty"`
	// Proxies are the peers whose Forwarded and X-Forwarded-For headers are believed.
	Proxies  []netip.Prefix `yaml:"proxies,omitempty"`
	Admin    Admin          `yaml:"admin"`
	Renumber Renumber       `yaml:"renumber,omitempty"`
	Keys     Keys           `yaml:"keys,omitempty"`
	Authn    Authn          `yaml:"authn,omitempty"`
	CA       CA             `yaml:"ca,omitempty"`
	// Simshield is the SIM as a signing device.
	Simshield Simshield `yaml:"simshield,omitempty"`
	// Messaging is business messages.
	Messaging Messaging `yaml:"messaging,omitempty"`
}

// Log is the form of the log: level debug, info, warn or error; format text or json.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// TLS names the certificate chain and key in PEM. ClientCA is the PEM bundle for proxies that sign enrichment headers.
type TLS struct {
	Certificate string `yaml:"certificate,omitempty"`
	Key         string `yaml:"key,omitempty"`
	ClientCA    string `yaml:"client_ca,omitempty"`
}

// Admin names the file with the token of the admin API; serve creates it with a fresh token when it is missing.
type Admin struct {
	TokenFile string `yaml:"token_file,omitempty"`
}

// Renumber configures the holder facts: Zone is the operator's time zone, CoveredSince the first day (YYYY-MM-DD) that the
// imported history covers in full.
type Renumber struct {
	Zone         string `yaml:"zone,omitempty"`
	CoveredSince string `yaml:"covered_since,omitempty"`
}

// Keys names the folder of the signing keys and the file with the secret that encrypts them. By default both are in the data folder
// and created when missing; a secret file that is named here must exist, so that a lost one is noticed and not replaced. Lead is how
// long a next key must have been published before it may sign; relying parties keep the JWKS for 5 minutes.
type Keys struct {
	Dir        string        `yaml:"dir,omitempty"`
	SecretFile string        `yaml:"secret_file,omitempty"`
	Lead       time.Duration `yaml:"lead"`

	createSecret bool
}

// Authn configures how a connection proves its number. Realm is the address realm of requests, unless an entry of Realms matches
// the peer.
type Authn struct {
	Realm      string       `yaml:"realm,omitempty"`
	Realms     []PeerRealm  `yaml:"realms,omitempty"`
	RADIUS     RADIUS       `yaml:"radius,omitempty"`
	Enrichment []Enrichment `yaml:"enrichment,omitempty"`
}

// RADIUS is the accounting listener, host:port over UDP, and the gateways it hears.
type RADIUS struct {
	Listen string `yaml:"listen,omitempty"`
	NAS    []NAS  `yaml:"nas,omitempty"`
}

// NAS is one gateway. Realm is the address realm of its subscribers, Interim its interim-update interval, Retransmit how long it
// repeats an unanswered record.
type NAS struct {
	Name       string        `yaml:"name"`
	Address    netip.Prefix  `yaml:"address"`
	SecretFile string        `yaml:"secret_file"`
	Realm      string        `yaml:"realm,omitempty"`
	Interim    time.Duration `yaml:"interim,omitempty"`
	Retransmit time.Duration `yaml:"retransmit,omitempty"`
}

// Enrichment is a proxy that may assert a number in a signed header: Issuer is its iss, JWKSFile its public keys (P-256 or Ed25519),
// Certificates the SHA-256 digests, in hex, of the public keys (SubjectPublicKeyInfo) of its TLS client certificates.
type Enrichment struct {
	Issuer       string   `yaml:"issuer"`
	JWKSFile     string   `yaml:"jwks_file"`
	Certificates []string `yaml:"certificates"`
}

// PeerRealm says in which address realm the peers in a prefix are.
type PeerRealm struct {
	Peers netip.Prefix `yaml:"peers"`
	Realm string       `yaml:"realm"`
}

// Defaults is what an empty file means.
func Defaults() Config {
	return Config{
		Listen:    "127.0.0.1:8080",
		Data:      "simtrust-data",
		Log:       Log{Level: "info", Format: "text"},
		Renumber:  Renumber{Zone: "Asia/Shanghai", CoveredSince: "2010-01-01"},
		Keys:      Keys{Lead: 10 * time.Minute},
		Authn:     Authn{RADIUS: RADIUS{Listen: "127.0.0.1:1813"}},
		Simshield: Simshield{Policy: simshield.DefaultPolicy(nil)},
	}
}

// Load reads the file at path over the defaults; path "" gives the defaults alone.
func Load(path string) (Config, error) {
	c := Defaults()
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w; name an existing file with --config, or leave it out for the defaults", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return Config{}, fault(path, text, err)
	}
	return c, nil
}

// complete fills what follows from other settings and checks what can be checked without touching the disk.
func (c *Config) complete() error {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&c.Database, "sqlite:"+filepath.Join(c.Data, "simtrust.db"))
	set(&c.Admin.TokenFile, filepath.Join(c.Data, "admin.token"))
	set(&c.Keys.Dir, filepath.Join(c.Data, "keys"))
	c.Keys.createSecret = c.Keys.SecretFile == ""
	set(&c.Keys.SecretFile, filepath.Join(c.Data, "keys.secret"))
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return errors.New("configuration: tls.certificate and tls.key go together; set both, or neither")
	}
	if c.TLS.ClientCA != "" && c.TLS.Certificate == "" {
		return errors.New("configuration: tls.client_ca needs tls.certificate and tls.key")
	}
	if c.Issuer != "" {
		u, err := url.Parse(c.Issuer)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
			return errors.New("configuration: issuer must be a URL such as https://id.operator.example, without query or fragment")
		}
	}
	return nil
}

// Print renders the configuration as it takes effect, passwords in URLs masked.
func (c Config) Print() ([]byte, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	var err error
	if c.Database, err = maskDatabase(c.Database); err != nil {
		return nil, err
	}
	return yaml.Marshal(c)
}
