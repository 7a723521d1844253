package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
)

type shieldCmd struct {
	Transfer shieldTransferCmd `cmd:"" help:"Have a transfer confirmed on the customer's SIM, as a bank does."`
	Login    shieldLoginCmd    `cmd:"" help:"Have a person log in with the SIM."`
	Status   shieldStatusCmd   `cmd:"" help:"Say how a transaction stands, or wait for its end."`
	Cancel   shieldCancelCmd   `cmd:"" help:"Take a transaction back."`
	Receipt  shieldReceiptCmd  `cmd:"" help:"Fetch the receipt of a signed transaction; receipt verify checks it."`
	Document shieldDocumentCmd `cmd:"" help:"Have a document signed, and save it: PAdES, CAdES, JAdES."`
	Request  shieldRequestCmd  `cmd:"" help:"Sign the claims of a request, and print it; nobody is asked."`
	Token    shieldTokenCmd    `cmd:"" help:"Print an access token of the application, for curl."`

	Register     shieldRegisterCmd     `cmd:"" help:"Have keys made on the card of a person whom you identified; prints a one-time code."`
	Registration shieldRegistrationCmd `cmd:"" help:"Say how a registration stands, or take it back."`
	Approve      shieldApproveCmd      `cmd:"" help:"Approve a registration after a blocked PIN, as one of two operators."`
	Suspend      shieldSuspendCmd      `cmd:"" help:"Stop all keys of a number's holder at once, for suspected theft."`
	Resume       shieldResumeCmd       `cmd:"" help:"Let the keys that you registered sign again."`

	Access shieldAccessCmd `cmd:"" help:"Names and secrets of applications that speak Mobile-ID or TS 102 204: add, list, remove."`
}

// Help teaches the way of a transaction (kong's HelpProvider).
func (*shieldCmd) Help() string {
	return "A bank signs a request, the phone shows exactly what will be signed, the person enters the signing PIN, and the bank fetches a receipt:\n\n" +
		"    simtrust shield transfer +8613800000002 48000.00 --payee 张伟 --account 6217000010001234567 --customer 6222020200112233 --wait\n" +
		"    simtrust shield receipt txn_… --out receipt.json\n" +
		"    simtrust receipt verify receipt.json --roots roots.pem\n\n" +
		"An id (txn_…) is the first word that transfer and login print. Commands speak as an application with a key of its own: --client-id and " +
		"--key, or --sandbox, whose phones are at the address that the sandbox prints. access is for the operator, with the admin token."
}

const scopeConfirm = simshield.ScopeConfirm

// maxPoll is the longest poll of the server.
const maxPoll = 30 * time.Second

// requestFlags are those of every signed request.
type requestFlags struct {
	partyFlags
	Number string `arg:"" help:"The person's number, such as +8613800000002."`
	Order  string `placeholder:"ID" help:"Your own id of the transaction; the same one asks once. Default: a new one."`
}

// transferFlags are those of a transfer's.
type transferFlags struct {
	requestFlags
	Amount   string `arg:"" help:"Amount with its decimals, such as 48000.00."`
	Payee    string `required:"" placeholder:"NAME" help:"Name of the payee."`
	Account  string `required:"" placeholder:"ACCOUNT" help:"Account of the payee."`
	Currency string `default:"CNY" help:"ISO 4217. Default: ${default}."`
	Memo     string `placeholder:"TEXT" help:"What the payment is for."`
	Customer string `placeholder:"ACCOUNT" help:"Account that the payment is from; a day's sums count for it. Needed, but with --sandbox, whose accounts are made up: there 6222 and the number."`
}

func (f transferFlags) claims() (jwt.MapClaims, error) {
	customer, err := f.customer()
	if err != nil {
		return nil, err
	}
	return jwt.MapClaims{"customer": customer, "transfer": map[string]any{
		"payee_name": f.Payee, "payee_account": f.Account, "amount": f.Amount, "currency": f.Currency, "memo": f.Memo,
		"time": time.Now().UTC().Truncate(time.Second).Format(time.RFC3339)}}, nil
}

// customer is the account that the day's sums count for. Where one is made up, the person at the terminal is told.
func (f transferFlags) customer() (string, error) {
	switch {
	case f.Customer != "":
		return f.Customer, nil
	case f.Sandbox == "":
		return "", errors.New("--customer is missing: the account that the payment is from, for which the day's sums count")
	}
	made := "6222" + strings.TrimPrefix(f.Number, "+")
	fmt.Fprintf(os.Stderr, "no --customer: the payment is from the made-up account %s, and the day's sums count for it\n", made)
	return made, nil
}

type shieldTransferCmd struct {
	transferFlags
	Wait bool `help:"Wait for the end."`
}

// Help says what comes back (kong's HelpProvider).
func (*shieldTransferCmd) Help() string {
	return "The phone shows payee, account and amount. The first word that this prints is the transaction's id, the last line its state:\n\n" +
		"    open         the person is being asked; shield status says how it stands\n" +
		"    signed       shield receipt fetches the evidence\n" +
		"    refused      by the person; unanswered, blocked, cancelled, expired and failed are ends too\n\n" +
		"With --wait the exit code is 0 only where it was signed."
}

func (c *shieldTransferCmd) Run(ctx context.Context) error {
	claims, err := c.claims()
	if err != nil {
		return err
	}
	return c.ask(ctx, claims, c.Wait)
}

type shieldLoginCmd struct {
	requestFlags
	Wait bool `help:"Wait for the end."`
}

func (c *shieldLoginCmd) Run(ctx context.Context) error {
	return c.ask(ctx, jwt.MapClaims{"login": map[string]any{"challenge": []byte(simtrust.NewSecret())}}, c.Wait)
}

// atOnce is the life of a request that is put as soon as it is signed.
const atOnce = time.Minute

// sign makes the request, good for a time.
func (f requestFlags) sign(p *party, claims jwt.MapClaims, life time.Duration) (string, error) {
	claims["order"], claims["phone_number"] = cmp.Or(f.Order, simtrust.NewID("order")), f.Number
	return p.request(claims, life)
}

// ask signs the request and puts it.
func (f requestFlags) ask(ctx context.Context, claims jwt.MapClaims, wait bool) error {
	p, err := f.party()
	if err != nil {
		return err
	}
	api, err := p.connect(ctx, scopeConfirm)
	if err != nil {
		return err
	}
	signed, err := f.sign(p, claims, atOnce)
	if err != nil {
		return err
	}
	shield := simshield.NewClient(api)
	t, err := shield.Confirm(ctx, signed)
	if err != nil {
		return err
	}
	fmt.Printf("%s  verification code %s, also on the phone\n", t.ID, t.Code)
	if wait {
		if t, err = ended(ctx, shield, t); err != nil {
			return err
		}
	}
	return report(t)
}

// ended waits for the end of a transaction. Who stops waiting stops nothing else.
func ended(ctx context.Context, shield *simshield.Client, t simshield.Transaction) (simshield.Transaction, error) {
	id := t.ID
	for !t.Final() {
		var err error
		if t, err = shield.Wait(ctx, id, maxPoll); ctx.Err() != nil {
			return t, fmt.Errorf("nobody waits any more, and the transaction goes on; simtrust shield status %s says how it stands", id)
		} else if err != nil {
			return t, err
		}
	}
	return t, nil
}

// report prints how a transaction stands; one that ended without a signature is an error.
func report(t simshield.Transaction) error {
	said := string(t.State)
	if t.Cause != "" {
		said += " (" + t.Cause + ")"
	}
	fmt.Println(said)
	if t.Final() && t.State != simshield.StateSigned {
		return fmt.Errorf("%s was not signed", t.ID)
	}
	return nil
}

type transactionFlags struct {
	partyFlags
	ID string `arg:"" help:"The transaction, txn_…"`
}

func (f transactionFlags) connect(ctx context.Context) (*party, *rpc.Client, error) {
	p, err := f.party()
	if err != nil {
		return nil, nil, err
	}
	api, err := p.connect(ctx, scopeConfirm)
	return p, api, err
}

type shieldStatusCmd struct {
	transactionFlags
	Wait bool `help:"Wait for the end."`
}

func (c *shieldStatusCmd) Run(ctx context.Context) error {
	_, api, err := c.connect(ctx)
	if err != nil {
		return err
	}
	shield := simshield.NewClient(api)
	t, err := shield.Wait(ctx, c.ID, 0)
	if err == nil && c.Wait {
		t, err = ended(ctx, shield, t)
	}
	if err != nil {
		return err
	}
	return report(t)
}

type shieldCancelCmd struct{ transactionFlags }

func (c *shieldCancelCmd) Run(ctx context.Context) error {
	_, api, err := c.connect(ctx)
	if err != nil {
		return err
	}
	t, err := simshield.NewClient(api).Cancel(ctx, c.ID)
	if err == nil {
		fmt.Println(t.State)
	}
	return err
}

type shieldReceiptCmd struct {
	transactionFlags
	Out string `placeholder:"FILE" help:"Where it goes. Default: standard output."`
}

func (c *shieldReceiptCmd) Run(ctx context.Context) error {
	_, api, err := c.connect(ctx)
	if err != nil {
		return err
	}
	bundle, err := simshield.NewClient(api).Receipt(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = os.Stdout.Write(bundle)
		return err
	}
	return os.WriteFile(c.Out, bundle, 0o600)
}
