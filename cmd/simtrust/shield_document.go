package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
)

type shieldDocumentCmd struct {
	partyFlags
	Number      string          `arg:"" help:"The person's number, such as +8613800000002."`
	File        string          `arg:"" type:"existingfile" help:"The document, up to 5 MiB."`
	Title       string          `required:"" placeholder:"TEXT" help:"What the phone shows."`
	Out         string          `required:"" placeholder:"FILE" help:"Where the signed document goes."`
	Format      document.Format `enum:"pades,cades,jades," default:"" placeholder:"FORMAT" help:"pades, cades or jades. Default: pades for FILE.pdf, cades for others."`
	Detached    bool            `help:"For cades: leave the document out of the message."`
	MediaType   string          `placeholder:"TYPE" help:"For jades: media type of the document. Default: application/octet-stream."`
	Application string          `enum:"eid,bank,enterprise" default:"eid" placeholder:"APPLET" help:"Whose document key signs: eid, bank or enterprise. Default: ${default}."`
	Language    string          `enum:"zh,en" default:"zh" placeholder:"LANGUAGE" help:"Of the phone's headings: zh or en. Default: ${default}."`
	Order       string          `placeholder:"ID" help:"Your own id of the document; the same one asks once. Default: a new one."`
}

// Help says how the results are read (kong's HelpProvider).
func (*shieldDocumentCmd) Help() string {
	return "The phone shows who asks and the title; the person signs with the document key, and the server adds a time stamp. This waits for it.\n\n" +
		"    simtrust shield document +8613800000002 contract.pdf --title 租赁合同 --out signed.pdf\n" +
		"    pdfsig signed.pdf\n" +
		"    simtrust shield document +8613800000002 contract.txt --title 租赁合同 --out contract.p7m\n" +
		"    openssl cms -verify -cades -inform DER -in contract.p7m -CAfile roots.pem -purpose any\n\n" +
		"Where the wait breaks off, the same command with the --order that it printed waits on; a signed document is kept for a day."
}

func (c *shieldDocumentCmd) Run(ctx context.Context) error {
	order, err := c.order()
	if err != nil {
		return err
	}
	p, err := c.party()
	if err != nil {
		return err
	}
	api, err := p.connect(ctx, scopeConfirm)
	if err != nil {
		return err
	}
	documents := document.NewClient(api)
	d, err := documents.Start(ctx, order)
	if err != nil {
		return err
	}
	fmt.Printf("%s  order %s, verification code %s, also on the phone\n", d.ID, d.Order, d.Transaction.Code)
	if d, err = answered(ctx, documents, d); err != nil {
		return err
	}
	if err := report(d.Transaction); err != nil {
		return err
	}
	return os.WriteFile(c.Out, d.Signed, 0o600)
}

// answered waits until the person has signed a document, or will not. Who stops waiting stops nothing else.
func answered(ctx context.Context, documents *document.Client, d document.Document) (document.Document, error) {
	for order := d.Order; !d.Transaction.Final(); {
		var err error
		if d, err = documents.Document(ctx, d.ID, maxPoll); ctx.Err() != nil {
			return d, fmt.Errorf("nobody waits any more, and the person is still asked; the same command with --order %s waits on", order)
		} else if err != nil {
			return d, err
		}
	}
	return d, nil
}

func (c *shieldDocumentCmd) order() (o document.Order, err error) {
	o = document.Order{Title: c.Title, Format: c.format(), Order: cmp.Or(c.Order, simtrust.NewID("order")), Detached: c.Detached, MediaType: c.MediaType}
	o.Application, _ = applet.ParseApplication(c.Application)
	o.Language, _ = applet.ParseLanguage(c.Language)
	if o.Number, err = simtrust.ParseNumber(c.Number); err != nil {
		return o, err
	}
	o.Content, err = os.ReadFile(c.File)
	return o, err
}

func (c *shieldDocumentCmd) format() document.Format {
	switch {
	case c.Format != "":
		return c.Format
	case strings.EqualFold(filepath.Ext(c.File), ".pdf"):
		return document.PAdES
	}
	return document.CAdES
}
