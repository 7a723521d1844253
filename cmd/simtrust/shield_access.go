package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"simtrust/simshield/access"
)

type shieldAccessCmd struct {
	Add    shieldAccessAddCmd    `cmd:"" help:"Give a registered application a name on a face; prints its secret once."`
	List   shieldAccessListCmd   `cmd:"" help:"List the names: whose they are, and from where they may be used."`
	Remove shieldAccessRemoveCmd `cmd:"" help:"Withdraw a name: nobody asks by it any more."`
}

// Help teaches with an example (kong's HelpProvider).
func (*shieldAccessCmd) Help() string {
	return "Programs that speak Mobile-ID (SK-EID/MID) or TS 102 204 (ETSI) authenticate with a name and a secret of their protocol. An operator " +
		"gives them to a registered application; the phone shows the name that the application is registered under.\n\n" +
		"    simtrust app register Camellia --auth client_secret_basic --scope simshield:confirm\n" +
		"    simtrust shield access add mobile-id DEMO app_… --network 192.0.2.0/24\n" +
		"    simtrust shield access add mss http://ap.example/ app_…\n" +
		"    simtrust shield access list\n" +
		"    simtrust shield access remove mobile-id DEMO\n\n" +
		"An application may have several names: to change a secret, add a name, move the program over, then remove the old one."
}

type faceFlag struct {
	Face access.Face `arg:"" enum:"mobile-id,mss" help:"mobile-id (relyingPartyName and relyingPartyUUID) or mss (AP_ID and AP_PWD)."`
}

type shieldAccessAddCmd struct {
	remoteFlags
	faceFlag
	Name        string   `arg:"" help:"Name on the face, such as DEMO or http://ap.example/: up to 128 characters of ASCII."`
	Application string   `arg:"" help:"client_id of the application; simtrust app list shows all."`
	Network     []string `placeholder:"PREFIX" help:"Where it calls from, such as 192.0.2.0/24; repeat for several. Default: anywhere."`
}

func (c *shieldAccessAddCmd) Run(ctx context.Context) error {
	networks, err := prefixes(c.Network)
	if err != nil {
		return err
	}
	remote, err := c.client()
	if err != nil {
		return err
	}
	secret, err := access.NewClient(remote).Make(ctx, access.Access{Face: c.Face, Name: c.Name, Application: c.Application, Networks: networks})
	if err != nil {
		return err
	}
	words := credentialWords[c.Face]
	fmt.Println(words[0], c.Name)
	fmt.Println(words[1], secret, " (shown once: keep it now)")
	return nil
}

// prefixes reads the networks that a program calls from.
func prefixes(texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--network %s: give a prefix such as 192.0.2.0/24, or 192.0.2.7/32 for one address", text)
		}
		networks = append(networks, n)
	}
	return networks, nil
}

// credentialWords are what the protocols call name and secret.
var credentialWords = map[access.Face][2]string{access.MobileID: {"relyingPartyName", "relyingPartyUUID"}, access.MSS: {"AP_ID ", "AP_PWD"}}

type shieldAccessListCmd struct {
	remoteFlags
	All bool `short:"a" help:"Withdrawn ones too."`
}

func (c *shieldAccessListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := access.NewClient(remote).List(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FACE\tCLIENT_ID\tADDED\tBY\tSTATE\tNETWORKS\tNAME")
	for _, a := range slices.SortedFunc(slices.Values(list), func(a, b access.Access) int { return a.Created.Compare(b.Created) }) {
		if c.All || a.Withdrawn.IsZero() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Face, a.Application, day(a.Created), a.CreatedBy, useState(a.Withdrawn), fromWhere(a.Networks), a.Name)
		}
	}
	return t.Flush()
}

func useState(withdrawn time.Time) string {
	if withdrawn.IsZero() {
		return "in use"
	}
	return "withdrawn " + day(withdrawn)
}

func fromWhere(networks []netip.Prefix) string {
	if len(networks) == 0 {
		return "anywhere"
	}
	words := make([]string, len(networks))
	for i, n := range networks {
		words[i] = n.String()
	}
	return strings.Join(words, " ")
}

type shieldAccessRemoveCmd struct {
	remoteFlags
	faceFlag
	Name string `arg:"" help:"Name on the face; simtrust shield access list shows all."`
}

// Help says what follows (kong's HelpProvider).
func (*shieldAccessRemoveCmd) Help() string {
	return "What is asked by it from now on is refused; what was signed stays. A name that was withdrawn is not given again."
}

func (c *shieldAccessRemoveCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := access.NewClient(remote).Withdraw(ctx, c.Face, c.Name); err != nil {
		return err
	}
	fmt.Println("removed", c.Face, c.Name)
	return nil
}
