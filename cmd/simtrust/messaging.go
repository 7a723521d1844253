package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"simtrust"
	"simtrust/ca"
	"simtrust/messaging/sender"
)

type messagingCmd struct {
	Brand    brandCmd            `cmd:"" help:"Brands, names that people know: add, list, verify."`
	Chatbot  chatbotCmd          `cmd:"" help:"Chatbots, who sends in a brand's name: add, list, show, verify, suspend, resume, certificate."`
	Template templateCmd         `cmd:"" help:"Texts that chatbots send: list, approve, reject."`
	SMPP     smppCmd             `cmd:"" name:"smpp" help:"Accounts of enterprises that send over SMPP: add, list, remove."`
	RBM      rbmCmd              `cmd:"" name:"rbm" help:"Agents that speak Google's RCS for Business: the client token of their webhooks."`
	CSP      cspCmd              `cmd:"" name:"csp" help:"Chatbots that speak the Chinese operators' interface: their credentials."`
	Envelope redEnvelopeCmd      `cmd:"" name:"red-envelope" help:"What chatbots may give away in red envelopes: fund, accounts."`
	App      tapAppCmd           `cmd:"" help:"Apps that a chatbot's messages open with their recipients logged in: allow, list, forbid."`
	Purchase purchaseCmd         `cmd:"" help:"Purchases that people confirm in a bank's messages: allow, list, forbid, sign."`
	History  messagingHistoryCmd `cmd:"" help:"Who did what about a brand, chatbot or template, when and why."`
}

// Help teaches the first steps (kong's HelpProvider).
func (*messagingCmd) Help() string {
	return "From an organisation to a chatbot that may send, in a sandbox (export SIMTRUST_SANDBOX=…/sandbox.json):\n\n" +
		"    simtrust messaging brand add 'Harbour Bank' --organization 'Harbour Bank Ltd' --holder org-7\n" +
		"    simtrust messaging brand verify brd_… --why 'trade mark register, licence seen'\n" +
		"    simtrust app register 'Harbour Bank messages' --auth client_secret_basic --scope messaging:send\n" +
		"    simtrust messaging chatbot add 'Harbour Bank' --brand brd_… --client app_…\n" +
		"    openssl ecparam -name prime256v1 -genkey -noout -out key.pem\n" +
		"    openssl req -new -key key.pem -subj / -out csr.pem\n" +
		"    simtrust ca issue enterprise csr.pem --name 'Harbour Bank' --organization 'Harbour Bank Ltd' --out cert.pem\n" +
		"    simtrust messaging chatbot certificate bot_… enterprise-p256.… --key key.pem\n" +
		"    simtrust messaging chatbot verify bot_… --revision 1\n\n" +
		"Each command prints the id that the next ones take. With chatbot add --sms-fallback it may send text messages too. A chatbot is live when " +
		"it is verified, not suspended, and its certificate is good. Who may receive is not decided here: people opt in."
}

type brandCmd struct {
	Add    brandAddCmd    `cmd:"" help:"Register a brand of an organisation."`
	List   brandListCmd   `cmd:"" help:"List the brands."`
	Verify brandVerifyCmd `cmd:"" help:"Record that the name belongs to the organisation, and how that was made sure."`
}

type brandAddCmd struct {
	remoteFlags
	Name         string `arg:"" help:"Name that people know, 1 to 64 characters."`
	Organization string `required:"" placeholder:"NAME" help:"The organisation, exactly as its certificates have it (O)."`
	OrgID        string `name:"org-id" placeholder:"ID" help:"Its identifier in certificates, such as NTRCN-91440300…; it then counts alone."`
	Holder       string `required:"" placeholder:"REF" help:"Your own reference of the organisation."`
}

// Help says what is refused (kong's HelpProvider).
func (*brandAddCmd) Help() string {
	return "A name that looks like another brand's is refused: other scripts' letters, capitals, spaces and hyphens make no new name. Where it is " +
		"right all the same, as for two companies of one name, choose one that tells them apart."
}

func (c *brandAddCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).CreateBrand(ctx, sender.BrandReq{Name: c.Name, Holder: simtrust.HolderID(c.Holder), Organization: c.Organization,
		OrganizationID: c.OrgID})
	if err != nil {
		return err
	}
	fmt.Println(b.ID)
	fmt.Fprintln(os.Stderr, "not verified yet: simtrust messaging brand verify", b.ID, "--why …")
	return nil
}

type brandListCmd struct{ remoteFlags }

func (c *brandListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	client := sender.NewClient(remote)
	list, err := everything(ctx, func(ctx context.Context, p ca.Page) ([]sender.Brand, string, error) {
		return client.Brands(ctx, sender.Page(p))
	})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tADDED\tVERIFIED\tHOLDER\tNAME\tORGANIZATION") // what is in other scripts last
	for _, b := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", b.ID, day(b.Created), day(b.Verified), b.Holder, b.Name, b.Organization)
	}
	return t.Flush()
}

// whyFlag is the reason of an act, for the record.
type whyFlag struct {
	Why string `required:"" placeholder:"TEXT" help:"Why, for the record; up to 500 characters."`
}

func (f whyFlag) decision() sender.Decision { return sender.Decision{Why: f.Why} }

type brandVerifyCmd struct {
	remoteFlags
	whyFlag
	ID string `arg:"" help:"Brand; simtrust messaging brand list shows all."`
}

func (c *brandVerifyCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).VerifyBrand(ctx, c.ID, c.decision())
	if err != nil {
		return err
	}
	fmt.Println("verified", b.ID, b.Name)
	return nil
}

type messagingHistoryCmd struct {
	remoteFlags
	ID string `arg:"" help:"Brand, chatbot or template."`
}

func (c *messagingHistoryCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	client := sender.NewClient(remote)
	acts, err := everything(ctx, func(ctx context.Context, p ca.Page) ([]sender.Act, string, error) {
		return client.History(ctx, c.ID, sender.Page(p))
	})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT\tBY\tACT\tWHY")
	for _, a := range acts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", day(a.At), a.By, a.Act, a.Why)
	}
	return t.Flush()
}

// messagingAdvice is what to do about errors of senders.
var messagingAdvice = map[string]string{
	sender.ReasonUnknownBrand: "simtrust messaging brand list shows all",
	sender.ReasonUnknownBot:   "simtrust messaging chatbot list shows all",
	sender.ReasonUnknownText:  "simtrust messaging template list --state all shows all",
	sender.ReasonBrandOpen:    "simtrust messaging brand verify",
	sender.ReasonChanged:      "simtrust messaging chatbot verify without --revision shows it as it is now",
	sender.ReasonProof:        "--key takes the key of that certificate, --issuer the issuer of the server where that is not its address",
	sender.ReasonCertUnknown:  "simtrust ca list --profile enterprise --valid finds certificates",
}
