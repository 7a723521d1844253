package peertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Ask runs a script with a question as JSON on its standard input and reads its answer. Octets are base64 in both, as encoding/json
// has them. A script that fails, or has a word in its answer that the type of answer does not know, fails the test.
func Ask[Answer any](t testing.TB, script string, question any) (answer Answer) {
	t.Helper()
	dir, err := scripts()
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(dir, script))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &complaint)
	}
	d := json.NewDecoder(bytes.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return answer
}

// scripts is the folder of the scripts, beside this file.
func scripts() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(file), "testdata")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		return "", errors.Join(errors.New("npm ci --prefix ca/peertest/testdata installs what is missing"), err)
	}
	return dir, nil
}
