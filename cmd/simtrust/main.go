// Command simtrust is the identity and trust server of a mobile operator, its sandbox and its command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the operator's zone, also on a machine without zone files

	"github.com/alecthomas/kong"
)

type cli struct {
	Sandbox   sandboxCmd   `cmd:"" help:"Start the server with a simulated operator, subscribers and a demo shop, all on this machine."`
	Serve     serveCmd     `cmd:"" help:"Start the server."`
	Number    numberCmd    `cmd:"" help:"Tell who holds a number: import, assign, release, transfer, show."`
	Card      cardCmd      `cmd:"" help:"SIM cards as the server reaches them: import, show, bearer, attach, raise-counters."`
	App       appCmd       `cmd:"" help:"Manage applications: register, rotate, suspend, resume, list."`
	CA        caCmd        `cmd:"" name:"ca" help:"Certificates: issue, find, revoke; the hierarchy of authorities."`
	Shield    shieldCmd    `cmd:"" help:"Have transfers and log-ins confirmed on SIM cards, as a bank does."`
	Receipt   receiptCmd   `cmd:"" help:"Verify the evidence of a signature by a SIM card, offline."`
	Messaging messagingCmd `cmd:"" help:"Who may send business messages: brands, chatbots, texts."`
	Key       keyCmd       `cmd:"" help:"Manage the signing keys."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database schema up to date."`
	Routes    routesCmd    `cmd:"" help:"List every operation of a running server."`
	Config    configCmd    `cmd:"" help:"Show the configuration."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal does not wait for what the first one lets end
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simtrust:", advised(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("simtrust"),
		kong.Description("Identity and trust rooted in the mobile number and the SIM card.\n\nFirst steps: simtrust sandbox"),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; %s", err, help(err))
	}
	return k.Run()
}

// help says where a command line that does not parse is explained.
func help(err error) string {
	if e, ok := errors.AsType[*kong.ParseError](err); ok && e.Context.Selected() != nil {
		return e.Context.Selected().FullPath() + " --help shows what it takes"
	}
	return "simtrust --help lists the commands"
}
