package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"simtrust/internal/app"
)

// storeFlags lead to the store.
type storeFlags struct {
	ConfigFile string `name:"config" short:"c" env:"SIMTRUST_CONFIG" placeholder:"FILE" help:"Configuration file (strict YAML)."`
	Data       string `env:"SIMTRUST_DATA" placeholder:"DIR" help:"Folder of the embedded store and the keys."`
	Database   string `env:"SIMTRUST_DATABASE" placeholder:"URL" help:"sqlite:FILE or postgres://user@host/name?sslmode=verify-full."`
}

func (f storeFlags) config() (app.Config, error) {
	c, err := app.Load(f.ConfigFile)
	if err != nil {
		return c, err
	}
	c.Data, c.Database = cmp.Or(f.Data, c.Data), cmp.Or(f.Database, c.Database)
	return c, nil
}

// serverFlags are the settings that may be given outside the configuration file.
type serverFlags struct {
	storeFlags
	Listen string `env:"SIMTRUST_LISTEN" placeholder:"HOST:PORT" help:"Address of the HTTP face; port 0 takes a free one."`
	Log    string `env:"SIMTRUST_LOG" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

func (f serverFlags) config() (app.Config, error) {
	c, err := f.storeFlags.config()
	c.Listen, c.Log.Level = cmp.Or(f.Listen, c.Listen), cmp.Or(f.Log, c.Log.Level)
	return c, err
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
	storeFlags
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
