package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"simtrust/internal/app"
)

// serverFlags are the settings that may be given outside the configuration file.
type serverFlags struct {
	ConfigFile string `name:"config" short:"c" env:"SIMTRUST_CONFIG" placeholder:"FILE" help:"Configuration file (strict YAML)."`
	Listen     string `env:"SIMTRUST_LISTEN" placeholder:"HOST:PORT" help:"Address of the HTTP face; port 0 takes a free one."`
	Data       string `env:"SIMTRUST_DATA" placeholder:"DIR" help:"Folder of the embedded store and the keys."`
	Database   string `env:"SIMTRUST_DATABASE" placeholder:"URL" help:"sqlite:FILE or postgres://user@host/name?sslmode=verify-full."`
	Log        string `env:"SIMTRUST_LOG" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

func (f serverFlags) config() (app.Config, error) {
	c, err := app.Load(f.ConfigFile)
	if err != nil {
		return c, err
	}
	for _, o := range []struct {
		to   *string
		flag string
	}{{&c.Listen, f.Listen}, {&c.Data, f.Data}, {&c.Database, f.Database}, {&c.Log.Level, f.Log}} {
		if o.flag != "" {
			*o.to = o.flag
		}
	}
	return c, nil
}

type serveCmd struct {
	serverFlags
}

func (s *serveCmd) Run(ctx context.Context) error {
	c, err := s.config()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("simtrust listens on %s, RADIUS accounting on %s\n", a.Issuer(), orNone(a.Accounting()))
	return errors.Join(a.Run(ctx), closeWithin(a))
}

// drain is how long a stopping server waits for requests that it has accepted.
const drain = 20 * time.Second

func closeWithin(a *app.App) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	return a.Close(ctx)
}

func orNone(s string) string {
	if s == "" {
		return "no address (no gateway is configured)"
	}
	return s
}

type migrateCmd struct {
	serverFlags
}

func (m *migrateCmd) Run(ctx context.Context) error {
	c, err := m.config()
	if err != nil {
		return err
	}
	if err := app.Migrate(ctx, c); err != nil {
		return err
	}
	fmt.Println("the schema is up to date")
	return nil
}

type configCmd struct {
	Print configPrintCmd `cmd:"" help:"Print the configuration as it takes effect, secrets masked."`
}

type configPrintCmd struct {
	serverFlags
}

func (p *configPrintCmd) Run() error {
	c, err := p.config()
	if err != nil {
		return err
	}
	text, err := c.Print()
	if err != nil {
		return err
	}
	fmt.Print(string(text))
	return nil
}
