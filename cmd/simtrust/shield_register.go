package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

const scopeRegister = simshield.ScopeRegister

// registrationPoll is how often --wait asks.
const registrationPoll = time.Second

type shieldRegisterCmd struct {
	partyFlags
	Number      string   `arg:"" help:"The person's number, such as +8613800000002."`
	Name        string   `required:"" placeholder:"NAME" help:"Common name in the certificates."`
	Application string   `enum:"bank,eid,enterprise" default:"bank" placeholder:"APPLET" help:"Applet that the keys are in: bank, eid or enterprise. Default: ${default}."`
	Kind        []string `enum:"login,document,transaction" default:"login,document,transaction" placeholder:"KIND" help:"Keys to be made: login, document, transaction; repeat for several. Default: all."`
	Algorithm   string   `enum:"P-256,SM2" default:"P-256" placeholder:"ALGORITHM" help:"P-256, or SM2 where the authority has an issuer of the line for it. Default: ${default}."`
	Identified  string   `enum:"counter,remote" default:"counter" placeholder:"HOW" help:"How you identified the person: counter or remote; decides the limits. Default: ${default}."`
	Country     string   `default:"CN" help:"Country in the certificates. Default: ${default}."`
	Surname     string   `placeholder:"NAME" help:"For eid: surname in the certificates."`
	GivenName   string   `placeholder:"NAME" help:"For eid: given name."`
	NationalID  string   `name:"national-id" placeholder:"NUMBER" help:"National identity number, which Mobile-ID asks for; only a keyed hash of it is kept."`
}

// Help says what the person does (kong's HelpProvider).
func (*shieldRegisterCmd) Help() string {
	return "Hand the one-time code that this prints to the person whom you identified. For each key the phone asks for the code, then for a new " +
		"key's PIN: the login PIN for login, the signing PIN for others. Three wrong codes end the registration.\n\n" +
		"    simtrust shield register +8613800000002 --name 王小明\n" +
		"    simtrust shield registration reg_… --wait"
}

func (c *shieldRegisterCmd) Run(ctx context.Context) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	shield, err := c.registrar(ctx)
	if err != nil {
		return err
	}
	r, err := shield.Register(ctx, req)
	if err != nil {
		return err
	}
	if r.Code == "" {
		fmt.Printf("%s  %s\n", r.ID, r.State)
		return nil
	}
	fmt.Printf("%s  one-time code %s (shown once: hand it to the person)\n", r.ID, r.Code)
	return nil
}

func (c *shieldRegisterCmd) request() (req simshield.RegisterReq, err error) {
	req = simshield.RegisterReq{Identified: simshield.Identified(c.Identified), NationalID: c.NationalID,
		Subject: ca.Subject{Country: c.Country, CommonName: c.Name, Surname: c.Surname, GivenName: c.GivenName}}
	req.Application, _ = applet.ParseApplication(c.Application)
	req.Algorithm, _ = applet.ParseAlgorithm(c.Algorithm)
	for _, name := range c.Kind {
		kind, _ := applet.ParseKind(name)
		req.Kinds = append(req.Kinds, kind)
	}
	req.Number, err = simtrust.ParseNumber(c.Number)
	return req, err
}

// registrar is the module as a party that identifies persons has it.
func (f partyFlags) registrar(ctx context.Context) (*simshield.Client, error) {
	p, err := f.party()
	if err != nil {
		return nil, err
	}
	api, err := p.connect(ctx, scopeRegister)
	if err != nil {
		return nil, err
	}
	return simshield.NewClient(api), nil
}

type shieldRegistrationCmd struct {
	partyFlags
	ID   string `arg:"" help:"The registration, reg_…"`
	Wait bool   `help:"Wait for the end."`
}

func (c *shieldRegistrationCmd) Run(ctx context.Context) error {
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
