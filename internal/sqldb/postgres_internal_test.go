package sqldb

import (
	"testing"

	"github.com/lib/pq"
)

func TestSSLModeIsNeverLeftToTheDriver(t *testing.T) {
	for dsn, want := range map[string]pq.SSLMode{
		"postgres://u@db.example/x":                  pq.SSLModeVerifyFull,
		"postgres://u@192.0.2.1/x":                   pq.SSLModeVerifyFull,
		"postgres://u@localhost.example/x":           pq.SSLModeVerifyFull,
		"postgres://u@db.example/x?sslmode=require":  pq.SSLModeRequire,
		"postgres://u@127.0.0.1/x":                   pq.SSLModeDisable,
		"postgres://u@[::1]:5433/x":                  pq.SSLModeDisable,
		"postgres://u@localhost/x":                   pq.SSLModeDisable,
		"postgres://u@/x?host=/run/postgresql":       pq.SSLModeDisable,
		"postgresql://u@localhost/x?sslmode=require": pq.SSLModeRequire,
	} {
		cfg, err := postgresConfig(dsn)
		if err != nil || cfg.SSLMode != want {
			t.Errorf("%s: %q, %v; want %q", dsn, cfg.SSLMode, err, want)
		}
	}
}

func TestPlansArePlainUnlessTheURLSaysOtherwise(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u@localhost/x":                       "off",
		"postgres://u@localhost/x?enable_seqscan=on":     "on",
		"postgres://u@localhost/x?binary_parameters=yes": "",
	} {
		cfg, err := postgresConfig(dsn)
		if err != nil || cfg.Runtime["enable_seqscan"] != want {
			t.Errorf("%s: %q, %v; want %q", dsn, cfg.Runtime["enable_seqscan"], err, want)
		}
	}
}
