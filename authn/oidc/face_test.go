package oidc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/camara"
)

// Every reason that this package declares has its code in the API's table; those of tickets are another operation's.
func TestReasonsAreMapped(t *testing.T) {
	want := map[string]camara.Code{
		"ReasonToken":        camara.Unauthenticated,
		"ReasonNumberClaim":  camara.InvalidArgument,
		"ReasonNotByNetwork": {Status: 403, Name: "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"},
	}
	got := map[string]camara.Code{}
	for name, e := range map[string]*simtrust.Error{"ReasonToken": errToken, "ReasonNumberClaim": errNumberClaim, "ReasonNotByNetwork": errNotByNetwork} {
		got[name], _ = numberVerificationFace.Maps(e.Kind, e.Reason)
	}
	for _, name := range declaredReasons(t) {
		if got[name] != want[name] || got[name].Name == "" {
			t.Errorf("%s gives %v, want %v", name, got[name], want[name])
		}
	}
	if c, ok := numberVerificationFace.Maps(simtrust.KindInvalid, simtrust.ReasonInvalidNumber); !ok || c != camara.InvalidArgument {
		t.Errorf("%s gives %v", simtrust.ReasonInvalidNumber, c)
	}
}

func declaredReasons(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasPrefix(name, "ticket") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Reason") {
				names = append(names, v.Names[0].Name)
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatal("no reasons found")
	}
	return names
}
