package csp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"simtrust"
)

// reasonsOf are the reasons that a package declares, by name.
func reasonsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[spec.Names[0].Name] = text
			}
			return true
		})
	}
	return found
}

// TestEveryReasonHasACode: a reason that is added behind this face fails here until somebody says what it is told as.
func TestEveryReasonHasACode(t *testing.T) {
	known := map[string]bool{}
	for _, dir := range []string{".", "..", "../sender", "../optin", "../dispatch", "../events", "../../internal/rpc", "../../internal/sqldb", "../.."} {
		if _, err := os.Stat(dir); err != nil {
			t.Fatal(err)
		}
		reasons := reasonsOf(t, dir)
		if len(reasons) == 0 {
			t.Errorf("%s declares no reason", dir)
		}
		for name, reason := range reasons {
			known[reason] = true
			if _, ok := codes[reason]; !ok {
				t.Errorf("%s: %s (%s) has no code", dir, name, reason)
			}
		}
	}
	for reason := range codes {
		if !known[reason] {
			t.Errorf("%q is nobody's reason", reason)
		}
	}
}

func TestCodeOfAnUnknownReason(t *testing.T) {
	for kind, want := range map[simtrust.Kind]Code{
		simtrust.KindUnavailable: CodeBusy, simtrust.KindUnauthenticated: CodeToken, simtrust.KindLimited: CodeRate, simtrust.KindDenied: CodeAuthority,
		simtrust.KindInternal: CodeRequest, simtrust.KindInvalid: CodeRequest,
	} {
		if got := CodeFor(kind, "never_heard_of"); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}
