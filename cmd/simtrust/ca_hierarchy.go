package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"simtrust/internal/app"
)

type caHierarchyCmd struct {
	remoteFlags
}

// Help says when to look (kong's HelpProvider).
func (*caHierarchyCmd) Help() string {
	return "A running server takes over what simtrust ca init adds to its directory, within seconds and without a restart: first it tells the status of a " +
		"new issuing CA, then (ca.lead, 10s) it issues from it. This shows how far it is:\n\n" +
		"    issues       new certificates come from here\n" +
		"    takes over   they will, after the lead\n" +
		"    status only  they no longer do; OCSP and CRLs go on\n\n" +
		"What cannot be proven is refused, and all goes on under the hierarchy before; this says why, and exits with 1."
}

func (c *caHierarchyCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	h, err := app.NewClient(remote).Hierarchy(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROLE\tLINE\tALGORITHM\tSTATE\tUNTIL\tID")
	for _, m := range h.Members {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", m.Role, m.Line, m.Algorithm, m.State, m.NotAfter.Format(time.DateOnly), m.ID)
	}
	fmt.Fprintf(t, "read %s, manifest sha256 %s\n", day(h.Read.UTC().Truncate(time.Second)), h.Fingerprint)
	if err := t.Flush(); err != nil || h.Problem == "" {
		return err
	}
	return errors.New("the hierarchy on disk was refused, the one above goes on: " + h.Problem)
}
