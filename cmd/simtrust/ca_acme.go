package main

import (
	"context"
	"encoding/base64"
	"fmt"

	"simtrust/ca/acme"
)

type caEABCmd struct {
	remoteFlags
	Profile string   `arg:"" default:"tls-server" help:"Profile of the certificates."`
	Names   []string `name:"dns" placeholder:"NAME" help:"What may be ordered: a DNS name with everything below it; repeat for several. Default: any name that the client proves."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caEABCmd) Help() string {
	return "    simtrust ca eab --dns shop.example\n" +
		"    certbot certonly --standalone --server SERVER/acme/directory --eab-kid KID --eab-hmac-key KEY -d www.shop.example\n\n" +
		"One key binds any number of accounts. It is shown once."
}

func (c *caEABCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	e, err := acme.NewClient(remote).NewExternal(ctx, acme.ExternalReq{Profile: c.Profile, Names: c.Names})
	if err != nil {
		return err
	}
	fmt.Printf("kid       %s\nhmac key  %s\n", e.KID, base64.RawURLEncoding.EncodeToString(e.Key))
	return nil
}
