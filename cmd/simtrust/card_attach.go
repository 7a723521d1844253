package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

type cardAttachCmd struct {
	File   string `arg:"" help:"File of a software card."`
	Reader string `default:"127.0.0.1:35963" placeholder:"HOST:PORT" help:"Where the virtual reader listens. Default: ${default}."`
}

// Help says what a virtual reader is, and where cards are (kong's HelpProvider).
func (*cardAttachCmd) Help() string {
	return "A software card in a virtual reader is a card to every program that speaks PC/SC: vpcd, of the package vsmartcard-vpcd, is a reader to " +
		"pcscd, and listens for a card. The sandbox's cards are in the folder cards below its data, ICCID.sim each; a sandbox that runs has them " +
		"in its phones, so stop it first. The card is attached until the reader goes away, or Ctrl-C.\n\n" +
		"    simtrust card attach /tmp/simtrust/cards/89860012345678901234.sim\n" +
		"    opensc-tool --reader 0 --atr"
}

func (c *cardAttachCmd) Run(ctx context.Context) error {
	card, err := openAttached(c.File)
	if err != nil {
		return err
	}
	err = c.serve(ctx, card)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, card.Close())
}

// serve stands in the reader until it goes away.
func (c *cardAttachCmd) serve(ctx context.Context, card *softsim.Card) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Reader)
	if err != nil {
		return fmt.Errorf("%w; start pcscd with vsmartcard-vpcd, or say with --reader where it listens", err)
	}
	fmt.Println("attached", card.ICCID(), "to", c.Reader)
	return card.ServeVPCD(ctx, conn)
}

func openAttached(file string) (*softsim.Card, error) {
	card, err := softsim.Open(file)
	switch {
	case errors.Is(err, eeprom.ErrInUse):
		return nil, fmt.Errorf("%s is in a phone of the sandbox, or in a reader; stop that first", file)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; the sandbox keeps its cards in the folder cards below its data", err)
	}
	return card, err
}
