package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// registrationPoll is how often --wait asks.
const registrationPoll = time.Second

type shieldRegistrationCmd struct {
	Show   shieldRegistrationShowCmd   `cmd:"" default:"withargs" help:"Say how a registration stands, or wait for its end."`
	Cancel shieldRegistrationCancelCmd `cmd:"" help:"Take a registration back that is open or awaits approval."`
}

type registrationFlags struct {
	partyFlags
	ID string `arg:"" help:"The registration, reg_…"`
}

type shieldRegistrationShowCmd struct {
	registrationFlags
	Wait bool `help:"Wait for the end."`
}

func (c *shieldRegistrationShowCmd) Run(ctx context.Context) error {
	shield, err := c.registrar(ctx)
	if err != nil {
		return err
	}
	poll := time.NewTicker(registrationPoll)
	defer poll.Stop()
	for {
		r, err := shield.Registration(ctx, c.ID)
		if err != nil {
			return err
		}
		if !c.Wait || r.State == simshield.RegistrationDone || r.State == simshield.RegistrationFailed {
			return reportRegistration(r)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("nobody waits any more, and the registration goes on; simtrust shield registration %s says how it stands", c.ID)
		}
	}
}

// reportRegistration prints how a registration stands; one that failed is an error.
func reportRegistration(r simshield.Registration) error {
	if r.State == simshield.RegistrationFailed {
		return fmt.Errorf("%s failed: %s", r.ID, strings.TrimSpace(r.Cause+" "+r.Reason))
	}
	fmt.Println(r.State)
	for _, k := range []applet.Kind{applet.KindLogin, applet.KindDocument, applet.KindTransaction} {
		if certificate := r.Certificates[k]; certificate != "" {
			fmt.Println(k, certificate)
		}
	}
	return nil
}

type shieldRegistrationCancelCmd struct{ registrationFlags }

// Help says what becomes of it (kong's HelpProvider).
func (*shieldRegistrationCancelCmd) Help() string {
	return "The phone drops the question, the code is worth nothing, and the applet is free for another registration. What is done stays."
}

func (c *shieldRegistrationCancelCmd) Run(ctx context.Context) error {
	shield, err := c.registrar(ctx)
	if err != nil {
		return err
	}
	if _, err := shield.CancelRegistration(ctx, c.ID); err != nil {
		return err
	}
	fmt.Println("cancelled", c.ID)
	return nil
}

type shieldApproveCmd struct{ registrationFlags }

// Help says who may approve (kong's HelpProvider).
func (*shieldApproveCmd) Help() string {
	return "After a blocked PIN a registration of a person who did not come to the counter awaits two operators. Each approves as a client of the " +
		"own with the scope simshield:approve, and neither is the party that registers. The second approval opens it."
}

func (c *shieldApproveCmd) Run(ctx context.Context) error {
	shield, err := c.shield(ctx, simshield.ScopeApprove)
	if err != nil {
		return err
	}
	r, err := shield.Approve(ctx, c.ID)
	if err == nil {
		fmt.Println(r.State)
	}
	return err
}
