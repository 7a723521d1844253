package cms_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/ca/cms"
)

// vector is one of NIST's Public Key Interoperability Test Suite, version 1.0.1, in the form that Go's own tests have it in.
type vector struct {
	Name                                                                        string
	CertPath                                                                    []string // root first
	ShouldValidate                                                              bool
	InitialPolicySet                                                            []string
	InitialPolicyMappingInhibit, InitialExplicitPolicy, InitialAnyPolicyInhibit bool
}

// number is the number in the suite: 4.1.3.
func (v vector) number() string {
	number, _, _ := strings.Cut(v.Name, " ")
	return number
}

// applies reports whether a vector is about certificates and any policy. Sections 4.4, 4.14 and 4.15 are about CRLs, which the data
// does not have.
func (v vector) applies() bool {
	for _, section := range []string{"4.4.", "4.14.", "4.15."} {
		if strings.HasPrefix(v.Name, section) {
			return false
		}
	}
	return slices.Equal(v.InitialPolicySet, []string{"anyPolicy"}) && !v.InitialPolicyMappingInhibit && !v.InitialExplicitPolicy && !v.InitialAnyPolicyInhibit
}

// Where the verifier differs from the suite, and why.
var (
	refusedThough = map[string]string{
		"4.1.4": "DSA", "4.1.5": "DSA",
		"4.3.3": "names are compared by octet", "4.3.4": "the same", "4.3.5": "the same", "4.3.10": "the same", "4.3.11": "the same",
		"4.6.15": "a self-issued certificate counts for the length of the path", "4.6.17": "the same",
		"4.13.1": "a critical constraint on directory names is not understood", "4.13.4": "the same", "4.13.5": "the same", "4.13.6": "the same",
		"4.13.11": "the same", "4.13.14": "the same", "4.13.18": "the same", "4.13.19": "the same", "4.13.27": "the same",
		"4.13.25": "a constraint on a host covers the hosts below it", "4.13.36": "the same",
	}
	acceptedThough = map[string]string{
		"4.5.2": "revoked, says a CRL", "4.5.5": "the same", "4.5.7": "the same",
		"4.7.4": "the CRL's signer may not sign it", "4.7.5": "the same",
		"4.13.24": "a constraint on a host covers the hosts below it",
	}
)

// TestPKITS runs the suite through the judgement on a signer's chain.
func TestPKITS(t *testing.T) {
	dir, vectors := pkits(t)
	ran := 0
	for _, v := range vectors {
		if !v.applies() {
			continue
		}
		ran++
		t.Run(v.Name, func(t *testing.T) {
			want := v.ShouldValidate
			if refusedThough[v.number()] != "" || acceptedThough[v.number()] != "" {
				want = !want
			}
			var path [][]byte
			for _, name := range v.CertPath {
				der, err := os.ReadFile(filepath.Join(dir, "certs", name))
				if err != nil {
					t.Fatal(err)
				}
				path = append(path, der)
			}
			verifier, err := cms.NewVerifier(cms.AnyUsage, path[:1])
			if err != nil {
				t.Fatal(err)
			}
			last := len(path) - 1
			err = verifier.Trust(path[last], path[1:last], time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			if (err == nil) != want {
				t.Errorf("accepted %v, want %v: %v", err == nil, want, err)
			}
		})
	}
	if ran < 130 {
		t.Errorf("only %d of %d vectors apply", ran, len(vectors))
	}
}

// pkits finds the suite, which a module of ours carries.
func pkits(t *testing.T) (dir string, vectors []vector) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/emmansun/gmsm").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(strings.TrimSpace(string(out)), "smx509", "testdata", "nist-pkits")
	text, err := os.ReadFile(filepath.Join(dir, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return dir, vectors
}
