package sandbox

import (
	"context"
	"fmt"

	"simtrust/internal/rpc"
)

// ESTCredential is what a device that enrols over EST authenticates with.
type ESTCredential struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type makeESTCredential struct {
	Profile string   `json:"profile"`
	Names   []string `json:"names"`
}

// makeESTCredential has the server make a credential for client certificates of any name, once in a world's life.
func (o *operator) makeESTCredential(ctx context.Context) error {
	if o.world.EST != nil {
		return nil
	}
	made, err := rpc.Call[makeESTCredential, ESTCredential](o.admin, "POST /ca/v1/est/credentials")(ctx,
		makeESTCredential{Profile: "tls-client", Names: []string{"*"}})
	if err != nil {
		return fmt.Errorf("sandbox: making an EST credential: %w", err)
	}
	o.world.EST = &made
	return o.world.save()
}
