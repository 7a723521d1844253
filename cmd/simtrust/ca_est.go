package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"simtrust/ca"
	"simtrust/ca/est"
)

type caESTCmd struct {
	Make     caESTMakeCmd     `cmd:"" help:"Make a credential: user name and password, for a profile and names."`
	List     caESTListCmd     `cmd:"" help:"List the credentials: who made them, when they were last used."`
	Withdraw caESTWithdrawCmd `cmd:"" help:"Withdraw a credential: it enrols nothing more."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caESTCmd) Help() string {
	return "EST (RFC 7030) is for devices: each enrols and renews by itself, with what an officer made once.\n\n" +
		"    simtrust ca est make tls-client fleet.example --organization Example\n" +
		"    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout meter.key -subj /CN=meter1.fleet.example -outform DER |\n" +
		"      openssl base64 > meter.b64\n" +
		"    curl -u USERNAME:PASSWORD -H 'Content-Type: application/pkcs10' --data-binary @meter.b64 SERVER/.well-known/est/simpleenroll |\n" +
		"      openssl base64 -d | openssl pkcs7 -inform DER -print_certs\n" +
		"    simtrust ca est list\n" +
		"    simtrust ca est withdraw USERNAME"
}

type caESTMakeCmd struct {
	remoteFlags
	Profile      string   `arg:"" help:"Profile of its certificates: tls-client, tls-server, enterprise, or what ca.est.labels of the server says."`
	Names        []string `arg:"" help:"Names its certificates may have, each with everything below it: DNS names, common names, IP addresses; '*' alone makes the holder a registration authority."`
	Country      string   `help:"Country of every subject."`
	Organization string   `help:"Organisation (O) of every subject."`
	Unit         string   `help:"Unit (OU) of every subject."`
}

func (c *caESTMakeCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	made, password, err := est.NewClient(remote).Make(ctx, est.MakeReq{Profile: c.Profile, Names: c.Names,
		Subject: ca.Subject{Country: c.Country, Organization: c.Organization, OrganizationalUnit: c.Unit}})
	if err != nil {
		return err
	}
	fmt.Println("username", made.Username)
	fmt.Println("password", password, " (shown once: keep it now)")
	return nil
}

type caESTListCmd struct {
	remoteFlags
	All bool `short:"a" help:"Withdrawn ones too."`
}

func (c *caESTListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := everything(ctx, est.NewClient(remote).Credentials)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b est.Credential) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Username, b.Username))
	})
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "USERNAME\tPROFILE\tMADE\tBY\tLAST USED\tSTATE\tNAMES") // what is in other scripts last
	for _, e := range list {
		if c.All || e.Withdrawn.IsZero() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Username, e.Profile, day(e.Created), e.CreatedBy, minute(e.LastUsed),
				inUse(e.Withdrawn, e.WithdrawnBy), strings.Join(e.Names, " "))
		}
	}
	return t.Flush()
}

// everything reads a listing to its end.
func everything[T any](ctx context.Context, read func(context.Context, ca.Page) ([]T, string, error)) (all []T, err error) {
	for page := (ca.Page{}); ; {
		list, next, err := read(ctx, page)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if page.After = next; next == "" {
			return all, nil
		}
	}
}

// minute is an instant as lists show it.
func minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// inUse is the state of what can be withdrawn.
func inUse(withdrawn time.Time, by string) string {
	if withdrawn.IsZero() {
		return "in use"
	}
	return "withdrawn " + day(withdrawn) + " by " + by
}

type caESTWithdrawCmd struct {
	remoteFlags
	Username string `arg:"" help:"User name; simtrust ca est list shows all."`
}

// Help says what stays (kong's HelpProvider).
func (*caESTWithdrawCmd) Help() string {
	return "Certificates obtained with it stay valid, and can still be renewed over mutual TLS. Where the password leaked, revoke them too:\n\n" +
		"    simtrust ca bulk-revoke --requester est:USERNAME --reason cessationOfOperation --yes"
}

func (c *caESTWithdrawCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := est.NewClient(remote).Withdraw(ctx, c.Username); err != nil {
		return err
	}
	fmt.Println("withdrawn", c.Username)
	return nil
}
