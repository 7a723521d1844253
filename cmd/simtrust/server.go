package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"simtrust/internal/app"
)

type keyCmd struct {
	List   keyListCmd   `cmd:"" help:"List the signing keys and their states."`
	Rotate keyRotateCmd `cmd:"" help:"Make the next key active, retire the active one, create a new next one."`
}

type keyListCmd struct {
	remoteFlags
}

func (k *keyListCmd) Run(ctx context.Context) error {
	c, err := k.client()
	if err != nil {
		return err
	}
	list, err := app.NewClient(c).Keys(ctx)
	if err != nil {
		return err
	}
	return printKeys(list)
}

type keyRotateCmd struct {
	remoteFlags
}

func (k *keyRotateCmd) Run(ctx context.Context) error {
	c, err := k.client()
	if err != nil {
		return err
	}
	list, err := app.NewClient(c).RotateKeys(ctx)
	if err != nil {
		return err
	}
	return printKeys(list)
}

func printKeys(list app.KeyList) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KID\tSTATE\tCREATED\tEXPIRES")
	for _, key := range list.Keys {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", key.KID, key.State, day(key.Created), day(key.Expires))
	}
	return t.Flush()
}

type routesCmd struct {
	remoteFlags
}

func (r *routesCmd) Run(ctx context.Context) error {
	c, err := r.client()
	if err != nil {
		return err
	}
	list, err := app.NewClient(c).Routes(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(list.Routes, func(a, b app.Route) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "METHOD\tPATH\tSCOPE\tOPERATION")
	for _, route := range list.Routes {
		scope := strings.Join(route.Scopes, " or ")
		if route.Public {
			scope = "(own check)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", route.Method, route.Path, scope, route.Operation)
	}
	return t.Flush()
}
