//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const importLines = 4000

// writeImport writes a file of numbers for simtrust number import.
func writeImport(t *testing.T) string {
	var b strings.Builder
	b.WriteString("seq,event,number,effective,holder,iccid,imsi\n")
	for i := range importLines {
		fmt.Fprintf(&b, "%d,assign,+86137%08d,2024-05-06T07:08:09Z,imported-%d,898600%014d,46001%010d\n", i+1, i, i, i, i)
	}
	path := filepath.Join(t.TempDir(), "numbers.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (k *killing) importCSV() (string, error) {
	return k.s.run(k.t, "number", "import", "--quiet", "--source", "billing", k.csv)
}

// tryImport runs the import beside the load. It may be cut short by the server's death and must then say what to do.
func (k *killing) tryImport(h *history) {
	out, err := k.importCSV()
	switch {
	case err == nil:
	case !h.dying.Load():
		h.fault("import: %v: %s", err, out)
	case !strings.Contains(out, "run the same command again"):
		h.fault("an interrupted import said: %s", out)
	}
}

// finishImport does what the command said: again, until nothing is left to apply.
func (k *killing) finishImport() {
	var applied, known int
	for range 2 {
		out, err := k.importCSV()
		if _, scan := fmt.Sscanf(out, "4000 lines: %d applied, %d known already, 0 rejected", &applied, &known); err != nil || scan != nil {
			k.t.Fatalf("import: %v: %s", err, out)
		}
	}
	if applied != 0 || known != importLines {
		k.t.Errorf("imported again: %d applied, %d known", applied, known)
	}
}
