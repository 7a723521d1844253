package receipt

import (
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"simtrust/ca/tlog"
)

// checkLog verifies the proof that the transparency log has the receipt.
func (v *verification) checkLog() (string, error) {
	switch {
	case v.Inclusion == nil:
		return "", undecided("Not yet included in the transparency log: ask the server for the receipt again in a few seconds.")
	case v.log == nil:
		return "", undecided("There is a proof of the transparency log, and no key of the log to verify it with.")
	}
	digest, err := v.logged()
	if err != nil {
		return "", err
	}
	p := tlog.Proof{Index: v.Inclusion.Index, Path: v.Inclusion.Path, Checkpoint: v.Inclusion.Checkpoint}
	if p.Verify(tlog.ReceiptEntry(digest), v.log) != nil || !soleSignature(p.Checkpoint, v.log) {
		return "", errors.New("the proof does not show the receipt in a log with this key")
	}
	return fmt.Sprintf("The transparency log %s has the receipt as entry %d.", v.log.Name(), p.Index), nil
}

// soleSignature tells whether a signed note has the log's signature alone, in its one form: base64 has several for the last octets.
func soleSignature(text string, v note.Verifier) bool {
	n, err := note.Open([]byte(text), note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return false
	}
	_, err = base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	return err == nil
}
