//go:build !cgo || nopkcs11

package keys_test

import (
	"strings"
	"testing"

	"simtrust/internal/keys"
)

func TestTokenWithoutCgo(t *testing.T) {
	_, err := keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: "pkcs11:token=ca"})
	wantReason(t, err, keys.ReasonNoPKCS11)
	if err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}
