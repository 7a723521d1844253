package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

type cardCmd struct {
	Import        cardImportCmd `cmd:"" help:"Import SIM cards with their over-the-air keys."`
	Show          cardShowCmd   `cmd:"" help:"Show a card, without its keys."`
	Bearer        cardBearerCmd `cmd:"" help:"Say how a card is reached."`
	Attach        cardAttachCmd `cmd:"" help:"Put a software card into a virtual reader (vpcd), for programs that speak PC/SC."`
	RaiseCounters cardRaiseCmd  `cmd:"" help:"After a restore from a backup: move the counters of all cards ahead."`
}

// Help says what the server needs cards for (kong's HelpProvider).
func (*cardCmd) Help() string {
	return "What the server says to a SIM card is ciphered and authenticated with the card's own keys and carries a counter that only rises " +
		"(ETSI TS 102 225). Before a person can sign with a SIM, the server has to know the card: from a file of its maker.\n\n" +
		"    simtrust card import batch-0412.cards --transport-key batch-0412.key\n" +
		"    simtrust card show 89860012345678900001"
}

type cardImportCmd struct {
	remoteFlags
	File         string `arg:"" type:"existingfile" help:"Cards, one a line."`
	TransportKey string `required:"" type:"existingfile" placeholder:"FILE" help:"Key that the keys in the file are wrapped with: 32, 48 or 64 hexadecimal digits."`
	Legacy       bool   `help:"Take in cards with triple DES keys too; new cards have AES keys."`
	Quiet        bool   `short:"q" help:"No progress bar."`
}

// Help teaches the file (kong's HelpProvider).
func (*cardImportCmd) Help() string {
	return "The file begins with the line simtrust-cards 1; each further line is a card, in words parted by spaces:\n\n" +
		"    simtrust-cards 1\n" +
		"    # ICCID IMSI ALGORITHM KEYSET KIC KID [BEARER]\n" +
		"    89860012345678900001 460001234567890 aes 1 1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5 …\n\n" +
		"ICCID has 18 to 20 digits, IMSI 14 or 15; ALGORITHM is aes, or 3des together with --legacy; KEYSET is 1 to 15. KIC ciphers and KID " +
		"authenticates; both are wrapped by the transport key (AES Key Wrap, RFC 3394) and in hexadecimal. They are unwrapped here, go to the " +
		"server over TLS, and are stored encrypted there; nobody gets them out again. BEARER is sms, also where it is left out, or polling: see " +
		"simtrust card bearer.\n\n" +
		"Importing the same file again changes nothing: cards that are known with the same keys are left as they are. A bad line is reported " +
		"with its number and the rest goes on."
}

func (c *cardImportCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	transport, err := readTransportKey(c.TransportKey)
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	progress, finish := importBar(file, c.Quiet)
	report, err := gateway.ImportFile(ctx, file, transport, c.Legacy, gateway.NewClient(client).Import, progress)
	finish()
	slices.SortFunc(report.Rejects, func(a, b gateway.LineError) int { return a.Line - b.Line })
	for _, r := range report.Rejects {
		fmt.Fprintf(os.Stderr, "%s:%d: %s\n", c.File, r.Line, r.Msg)
	}
	fmt.Printf("%d cards: %d added, %d known already, %d rejected\n", report.Cards, report.Added, report.Known, len(report.Rejects))
	switch {
	case err != nil:
		return fmt.Errorf("the import stopped early: %w; run the same command again, cards that are known are skipped", err)
	case len(report.Rejects) > 0:
		return fmt.Errorf("%d cards were rejected; mend them and import the file again", len(report.Rejects))
	}
	return nil
}

func readTransportKey(path string) (gateway.TransportKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return gateway.TransportKey{}, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return gateway.TransportKey{}, fmt.Errorf("%s: a transport key is in hexadecimal", path)
	}
	transport, err := gateway.NewTransportKey(key)
	if err != nil {
		return transport, fmt.Errorf("%s: %w", path, err)
	}
	return transport, nil
}

type cardShowCmd struct {
	remoteFlags
	ICCID string `arg:"" name:"iccid" help:"Card number, as printed on the card."`
}

func (c *cardShowCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	card, err := gateway.NewClient(client).Card(ctx, c.ICCID)
	if err != nil {
		return err
	}
	algorithm := "AES"
	if card.Legacy {
		algorithm = "triple DES"
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"ICCID", card.ICCID}, {"IMSI", card.IMSI}, {"keys", fmt.Sprintf("%s, set %d", algorithm, card.KeySet)},
		{"bearer", string(card.Way)}, {"counter", fmt.Sprintf("%d of %d", card.Counter, ota.Ceiling)}, {"imported", card.Created.Format(time.RFC3339)},
	} {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	return t.Flush()
}

type cardBearerCmd struct {
	remoteFlags
	ICCID  string `arg:"" name:"iccid" help:"Card number, as printed on the card."`
	Bearer string `arg:"" enum:"sms,polling" help:"sms or polling."`
}

// Help says what the bearers are (kong's HelpProvider).
func (*cardBearerCmd) Help() string {
	return "With sms, the server hands a card's packets to the operator's short message gateway. With polling, the card comes for them over a " +
		"data channel of its phone (BIP, HTTPS): that takes a card and a phone that can, and that ask often enough: one that does not come " +
		"within simshield.retry counts as absent."
}

func (c *cardBearerCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return gateway.NewClient(client).SetWay(ctx, c.ICCID, gateway.Way(c.Bearer))
}

type cardRaiseCmd struct{ remoteFlags }

// Help says when (kong's HelpProvider).
func (*cardRaiseCmd) Help() string {
	return "A card refuses a counter that it has seen. A database restored from a backup does not know which counters its cards have seen since: " +
		"run this once after a restore, before subscribers use their SIMs. Without it each card refuses once or more, says so, and the server " +
		"catches up card by card. There are more than 10^12 counters; one run costs a card as many as simshield.ota_gap in the server's configuration says, 1,000 by default."
}

func (c *cardRaiseCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	total := 0
	for after := ""; ; {
		done, err := gateway.NewClient(client).RaiseCounters(ctx, after)
		if err != nil {
			return fmt.Errorf("it stopped after %d cards: %w; run the command again, which does no harm to those", total, err)
		}
		total += done.Cards
		if after = done.Next; after == "" {
			fmt.Println("raised the counters of", total, "cards")
			return nil
		}
	}
}
