package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"simtrust/ca"
)

// reasonOf is the code of a reason that a command takes; -1, which is refused, for any other word.
func reasonOf(word string) int {
	for code := range ca.PrivilegeWithdrawn + 1 {
		if ca.RevocationWord(code) == word {
			return code
		}
	}
	return -1
}

type caRevokeCmd struct {
	remoteFlags
	ID     string `arg:"" name:"id|file" help:"Certificate, by its id (simtrust ca list finds it) or in a PEM file."`
	Reason string `enum:"unspecified,keyCompromise,affiliationChanged,superseded,cessationOfOperation,certificateHold,removeFromCRL,privilegeWithdrawn" default:"unspecified" help:"Why, in the words of RFC 5280: ${enum}."`
}

// Help explains the reasons (kong's HelpProvider).
func (*caRevokeCmd) Help() string {
	return "Which reason:\n\n" +
		"    keyCompromise         somebody else may have the key; blocks it for ever, revokes every certificate of it, replaces any earlier reason\n" +
		"    superseded            there is a new certificate\n" +
		"    affiliationChanged    the name is no longer right: another organisation, another office\n" +
		"    cessationOfOperation  it is no longer needed\n" +
		"    privilegeWithdrawn    its holder may no longer do what it is for\n" +
		"    certificateHold       for now, where the profile allows it; removeFromCRL undoes it, all others are final\n\n" +
		"OCSP shows the revocation at once, the CRL within ten seconds."
}

func (c *caRevokeCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	id, err := certificateID(c.ID)
	if err != nil {
		return err
	}
	cert, err := ca.NewClient(client).Revoke(ctx, ca.RevokeReq{ID: id, Reason: reasonOf(c.Reason)})
	if err != nil {
		return err
	}
	fmt.Println(cert.ID, standing(cert))
	return nil
}

type caBlockCmd struct {
	remoteFlags
	KeyHash string `arg:"" help:"SHA-256 of the SubjectPublicKeyInfo in hexadecimal; simtrust ca show prints it."`
	Cause   string `required:"" help:"Why, for the audit trail."`
}

// Help says when (kong's HelpProvider).
func (*caBlockCmd) Help() string {
	return "For a key that is known to be out, whether it has certificates here or not: it gets none any more, and those it has are revoked for " +
		"keyCompromise.\n\n" +
		"    openssl pkey -in found.key -pubout -outform DER | sha256sum\n" +
		"    simtrust ca block HEX --cause 'published in a repository'"
}

func (c *caBlockCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(c.KeyHash)
	if err != nil || len(b) != 32 {
		return errors.New("a key's hash has 64 hexadecimal digits; openssl pkey -pubin -outform DER | sha256sum computes it")
	}
	if err := ca.NewClient(client).BlockKey(ctx, [32]byte(b), c.Cause); err != nil {
		return err
	}
	fmt.Println("blocked", c.KeyHash)
	return nil
}
