package main

import (
	"context"
	"fmt"

	"simtrust"
	"simtrust/simshield"
)

type suspectedFlags struct {
	partyFlags
	Number string `arg:"" help:"The person's number, such as +8613800000002."`
}

// connect is the module for a party that identifies persons, and the number.
func (f suspectedFlags) connect(ctx context.Context) (*simshield.Client, simtrust.Number, error) {
	n, err := simtrust.ParseNumber(f.Number)
	if err != nil {
		return nil, n, err
	}
	shield, err := f.registrar(ctx)
	return shield, n, err
}

type shieldSuspendCmd struct{ suspectedFlags }

// Help says what stops (kong's HelpProvider).
func (*shieldSuspendCmd) Help() string {
	return "The keys sign nothing and their certificates are on hold, whoever registered them; open questions and registrations end. " +
		"Each party resumes the keys that it registered, once it is sure of the person."
}

func (c *shieldSuspendCmd) Run(ctx context.Context) error {
	shield, n, err := c.connect(ctx)
	if err != nil {
		return err
	}
	if err := shield.Suspend(ctx, n); err != nil {
		return err
	}
	fmt.Println("suspended", n.E164())
	return nil
}

type shieldResumeCmd struct{ suspectedFlags }

func (c *shieldResumeCmd) Run(ctx context.Context) error {
	shield, n, err := c.connect(ctx)
	if err != nil {
		return err
	}
	if err := shield.Resume(ctx, n); err != nil {
		return err
	}
	fmt.Println("resumed", n.E164())
	return nil
}
