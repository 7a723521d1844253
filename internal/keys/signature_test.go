package keys_test

import (
	"testing"

	"simtrust/internal/keys"
)

// TestSignaturesOfAnotherAlgorithm verifies every signature under every key as one of every algorithm: one in all is good.
func TestSignaturesOfAnotherAlgorithm(t *testing.T) {
	message := []byte("certificate")
	for _, by := range algorithms {
		signer, err := keys.Throwaway(by)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := by.Sign(signer, message)
		if err != nil {
			t.Fatal(err)
		}
		for _, as := range algorithms {
			for _, of := range algorithms {
				key, err := keys.Throwaway(of)
				if err != nil {
					t.Fatal(err)
				}
				if got := as.Verify(key.Public(), message, signature); got != (as == by && of == by) {
					t.Errorf("a signature by %s as one of %s under a key of %s: %v", by, as, of, got)
				}
			}
		}
		if by.Verify(signer.Public(), []byte("other"), signature) || by.Verify(nil, message, signature) {
			t.Errorf("%s: another message, or no key", by)
		}
	}
}
