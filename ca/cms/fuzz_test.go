package cms_test

import (
	"testing"

	"simtrust/ca/cms"
)

// FuzzVerify: nothing but what was signed verifies, and nothing makes the reader fall.
func FuzzVerify(f *testing.F) {
	c := newChain(f, "P-256", nil)
	f.Add(c.sign(f, cms.Message{Content: receipt, Certificates: true}))
	f.Add(newForgery(c, "content").der(f, c))
	v := c.verifier(f, cms.AnyUsage)
	f.Fuzz(func(t *testing.T, der []byte) {
		signed, err := v.Verify(der, nil, start)
		if err == nil && string(signed.Content) != string(receipt) && string(signed.Content) != "content" {
			t.Errorf("content %q was never signed", signed.Content)
		}
	})
}
