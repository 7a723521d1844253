package softsim

import (
	"bytes"
	"crypto/sha256"

	"simtrust/simshield/applet"
)

// A transaction is an id that an applet is done with: what was asked under it, and how it ended. One that nobody answered is not
// remembered, so its command is shown again when it comes again.
type transaction struct {
	ID        applet.ID     `json:"id"`
	Command   []byte        `json:"command,omitempty"` // SHA-256; none where the server cancelled the id
	Result    applet.Result `json:"result"`
	Signature []byte        `json:"signature,omitempty"`
}

func fingerprint(command []byte) []byte {
	sum := sha256.Sum256(command)
	return sum[:]
}

// sound holds the length of the signature, which response relies on.
func (t transaction) sound() bool {
	if t.Result == applet.Signed {
		return len(t.Signature) == len(applet.Signature{})
	}
	return len(t.Signature) == 0
}

// response answers a command whose id is done with. An id that comes back with another command is refused.
func (t transaction) response(command []byte) applet.Response {
	r := applet.Response{ID: t.ID, Result: t.Result}
	switch {
	case t.Command != nil && !bytes.Equal(t.Command, fingerprint(command)):
		r.Result = applet.Malformed
	case t.Result == applet.Signed:
		s := applet.Signature(t.Signature)
		r.Signature = &s
	}
	return r
}

// remember takes the place of an earlier entry of the id, or of the oldest one.
func (a *appletState) remember(t transaction) {
	for i := range a.transactions {
		if a.transactions[i].ID == t.ID {
			a.transactions[i] = t
			return
		}
	}
	if len(a.transactions) == remembered {
		a.transactions = append(a.transactions[:0], a.transactions[1:]...)
	}
	a.transactions = append(a.transactions, t)
}

func (a *appletState) recall(id applet.ID) (transaction, bool) {
	for _, t := range a.transactions {
		if t.ID == id {
			return t, true
		}
	}
	return transaction{}, false
}
