package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"simtrust/internal/rpc"
)

// ContractSMPP is the account of an enterprise that sends over SMPP: where it binds, and the source_addr of its messages.
type ContractSMPP struct {
	Address string `json:"address"`
	SMPPAccount
}

// SMPPAccount is the bank's.
type SMPPAccount struct {
	SystemID   string `json:"system_id"`
	Password   string `json:"password"`
	SourceAddr string `json:"source_addr"`
}

type makeSMPPAccount struct {
	SystemID   string `json:"system_id"`
	Chatbot    string `json:"chatbot"`
	Class      string `json:"class"`
	SourceAddr string `json:"source_addr"`
}

// bankSource is what the bank's messages over SMPP come from.
const bankSource = "1065000001"

// openSMPP has the server make an account for the bank's chatbot, once in a world's life. A run that was killed before it could write the
// password down left an account behind that nobody can use; so every attempt has a name of its own.
func (o *operator) openSMPP(ctx context.Context) error {
	bank := slices.IndexFunc(o.world.Chatbots, func(c *Chatbot) bool { return c.Name == "bank" })
	if o.world.SMPP != nil || bank < 0 {
		return nil
	}
	var mark [4]byte
	_, _ = rand.Read(mark[:]) // never fails
	made, err := rpc.Call[makeSMPPAccount, SMPPAccount](o.admin, "POST /messaging/v1/smpp-accounts")(ctx,
		makeSMPPAccount{"bank-" + hex.EncodeToString(mark[:]), o.world.Chatbots[bank].ID, "transaction", bankSource})
	if err != nil {
		return fmt.Errorf("sandbox: making an SMPP account: %w", err)
	}
	made.SourceAddr = bankSource
	o.world.SMPP = &made
	return o.world.save()
}
