package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/ca/ceremony"
)

func newCAInit(t *testing.T, text string) (*caInitCmd, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "ceremony.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &caInitCmd{File: file, Dir: filepath.Join(dir, "ca"), Keys: filepath.Join(dir, "keys")}, dir
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestCAInit(t *testing.T) {
	c, dir := newCAInit(t, string(ceremony.Example()))
	c.DryRun = true
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "ceremony.yaml" {
		t.Errorf("a dry run left %s", got)
	}
	c.DryRun = false
	for range 2 { // the second has nothing to do
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, dir); got != "ca ceremony.yaml keys keys.secret" {
		t.Errorf("the ceremony left %s", got)
	}
	c.RootKeys = filepath.Join(dir, "roots")
	c.DryRun = true
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestCAInitRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"unknown member": {string(ceremony.Example()) + "pathlen: 3\n", "pathlen"},
		"weak algorithm": {strings.Replace(string(ceremony.Example()), "algorithm: P-256", "algorithm: RSA-1024", 1), "RSA-1024"},
		"empty":          {"", "base_url"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, dir := newCAInit(t, c.text)
			if err := cmd.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "ca", "hierarchy.json")); err == nil {
				t.Error("a hierarchy was made")
			}
		})
	}
	if err := (&caInitCmd{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--example") {
		t.Errorf("without a file: %v", err)
	}
}
