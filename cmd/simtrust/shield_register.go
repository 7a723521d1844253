package main

import (
	"context"
	"fmt"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

type shieldRegisterCmd struct {
	partyFlags
	Number       string   `arg:"" help:"The person's number, such as +8613800000002."`
	Name         string   `required:"" placeholder:"NAME" help:"Common name in the certificates."`
	Application  string   `enum:"bank,eid,enterprise" default:"bank" placeholder:"APPLET" help:"Applet that the keys are in: bank, eid or enterprise. Default: ${default}."`
	Kind         []string `enum:"login,document,transaction" default:"login,document,transaction" placeholder:"KIND" help:"Keys to be made: login, document, transaction; repeat for several. Default: all."`
	Algorithm    string   `enum:"P-256,SM2" default:"P-256" placeholder:"ALGORITHM" help:"P-256, or SM2 where the authority has an issuer of the line for it. Default: ${default}."`
	Identified   string   `enum:"counter,remote" default:"counter" placeholder:"HOW" help:"How you identified the person: counter or remote; decides the limits. Default: ${default}."`
	Country      string   `default:"CN" help:"Country in the certificates. Default: ${default}."`
	Surname      string   `placeholder:"NAME" help:"For eid: surname in the certificates."`
	GivenName    string   `placeholder:"NAME" help:"For eid: given name."`
	Organization string   `placeholder:"NAME" help:"Organization in the certificates: needed for enterprise, may be there for bank."`
	NationalID   string   `name:"national-id" placeholder:"NUMBER" help:"National identity number, which Mobile-ID asks for; only a keyed hash of it is kept."`
}

// Help says what the person does (kong's HelpProvider).
func (*shieldRegisterCmd) Help() string {
	return "Hand the one-time code that this prints to the person whom you identified. For each key the phone asks for the code, then for a new " +
		"key's PIN: the login PIN for login, the signing PIN for others. Three wrong codes end the registration.\n\n" +
		"    simtrust shield register +8613800000002 --name 王小明\n" +
		"    simtrust shield register +8613800000002 --name 王小明 --application enterprise --organization 海港贸易有限公司 --kind document\n" +
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
		Subject: ca.Subject{Country: c.Country, CommonName: c.Name, Organization: c.Organization, Surname: c.Surname, GivenName: c.GivenName}}
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
	return f.shield(ctx, simshield.ScopeRegister)
}

// shield is the module as a party with a scope has it.
func (f partyFlags) shield(ctx context.Context, scope string) (*simshield.Client, error) {
	p, err := f.party()
	if err != nil {
		return nil, err
	}
	api, err := p.connect(ctx, scope)
	if err != nil {
		return nil, err
	}
	return simshield.NewClient(api), nil
}
