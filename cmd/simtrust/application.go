package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"simtrust/account"
)

type appCmd struct {
	Register appRegisterCmd `cmd:"" help:"Register an application; prints its client_id, and its secret once."`
	Rotate   appRotateCmd   `cmd:"" help:"Replace an application's secret or keys."`
	Suspend  appSuspendCmd  `cmd:"" help:"Stop an application: no login, no token."`
	Resume   appResumeCmd   `cmd:"" help:"Undo suspend."`
	List     appListCmd     `cmd:"" help:"List the applications."`
}

type appRegisterCmd struct {
	remoteFlags
	Name        string            `arg:"" help:"Name that people see when they log in."`
	Auth        string            `enum:"none,client_secret_basic,private_key_jwt" default:"none" help:"none (public app with PKCE), client_secret_basic or private_key_jwt."`
	Profile     string            `enum:"oidc,camara,fapi2" default:"oidc" help:"The rules it is held to: oidc, camara or fapi2."`
	RedirectURI []string          `name:"redirect-uri" placeholder:"URI" help:"Exact redirect URI; repeat for several."`
	InitiateURI string            `name:"initiate-login-uri" placeholder:"URI" help:"Where links that log people in lead to (OpenID Connect third-party-initiated login)."`
	Scope       []string          `required:"" placeholder:"SCOPE" help:"Scope it may ask for; repeat for several."`
	JWKSFile    string            `name:"jwks-file" type:"existingfile" help:"Its public keys as a JWK set, for private_key_jwt."`
	Sector      string            `help:"Apps of one sector see the same sub. Default: the host of its redirect URIs."`
	LegalBasis  map[string]string `placeholder:"dpv:PURPOSE=BASIS" help:"Purpose that rests on another basis than consent, such as dpv:FraudPreventionAndDetection=legitimate-interest; the bases are contract, legal-obligation, vital-interest, public-task and legitimate-interest."`
}

func (a *appRegisterCmd) Run(ctx context.Context) error {
	if a.Auth == account.AuthKey && a.JWKSFile == "" {
		return errors.New("--auth private_key_jwt needs --jwks-file: the app's public keys as a JWK set")
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	jwks, err := readOptional(a.JWKSFile)
	if err != nil {
		return err
	}
	res, err := account.NewClient(c).RegisterApp(ctx, account.Registration{Name: a.Name, Auth: a.Auth, Profile: a.Profile,
		RedirectURIs: a.RedirectURI, InitiateURI: a.InitiateURI, Scopes: a.Scope, JWKS: jwks, Sector: a.Sector, LegalBases: a.LegalBasis})
	if err != nil {
		return err
	}
	printCredentials(res)
	return nil
}

func readOptional(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	return os.ReadFile(path)
}

func printCredentials(r account.Registered) {
	fmt.Println("client_id    ", r.App.ID)
	if r.Secret != "" {
		fmt.Println("client_secret", r.Secret, " (shown once: keep it now)")
	}
}

type appRotateCmd struct {
	remoteFlags
	ID       string        `arg:"" help:"client_id."`
	JWKSFile string        `name:"jwks-file" type:"existingfile" help:"New public keys, for private_key_jwt."`
	Overlap  time.Duration `default:"24h" help:"How long the old credentials stay valid; 0 after a leak."`
}

func (a *appRotateCmd) Run(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	jwks, err := readOptional(a.JWKSFile)
	if err != nil {
		return err
	}
	res, err := account.NewClient(c).RotateApp(ctx, account.Rotation{ID: a.ID, JWKS: jwks, Overlap: a.Overlap})
	if err != nil {
		return err
	}
	printCredentials(res)
	return nil
}

type appSuspendCmd struct {
	remoteFlags
	ID string `arg:"" help:"client_id."`
}

func (a *appSuspendCmd) Run(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	if _, err = account.NewClient(c).SuspendApp(ctx, a.ID); err != nil {
		return err
	}
	fmt.Println("suspended", a.ID)
	return nil
}

type appResumeCmd struct {
	remoteFlags
	ID string `arg:"" help:"client_id."`
}

func (a *appResumeCmd) Run(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	if _, err = account.NewClient(c).ResumeApp(ctx, a.ID); err != nil {
		return err
	}
	fmt.Println("resumed", a.ID)
	return nil
}

type appListCmd struct {
	remoteFlags
}

// listPage is how many applications one call asks for.
const listPage = 100

func (a *appListCmd) Run(ctx context.Context) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CLIENT_ID\tPROFILE\tAUTH\tSTATE\tNAME") // the name last: Chinese is wider than its characters are many
	for after := ""; ; {
		apps, err := account.NewClient(c).ListApps(ctx, after, listPage)
		if err != nil {
			return err
		}
		for _, app := range apps {
			state := "active"
			if app.Suspended {
				state = "suspended"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", app.ID, app.Profile, app.Auth, state, app.Name)
			after = app.ID
		}
		if len(apps) < listPage {
			return t.Flush()
		}
	}
}
