package sandbox

import (
	"context"
	"fmt"

	"simtrust/internal/rpc"
)

// ExternalAccount binds the ACME accounts of the sandbox: kid, and the HS256 key in base64url without padding.
type ExternalAccount struct {
	KID string `json:"kid"`
	Key string `json:"hmac_key"`
}

type newEAB struct {
	Profile string `json:"profile"`
}

type madeEAB struct {
	ExternalAccount
	Profile string   `json:"profile"`
	Names   []string `json:"names"`
}

// openACME asks the authority's officer for an external account, once in the life of a world.
func (o *operator) openACME(ctx context.Context) error {
	if o.world.EAB.KID != "" {
		return nil
	}
	made, err := rpc.Call[newEAB, madeEAB](o.admin, "POST /ca/v1/acme/eab")(ctx, newEAB{Profile: "tls-server"})
	if err != nil {
		return fmt.Errorf("sandbox: an external account for ACME: %w", err)
	}
	o.world.EAB = made.ExternalAccount
	return o.world.save()
}
