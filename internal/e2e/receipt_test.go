//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReceipt: what a phone signed, a transfer and a batch, is proven without the server, by this program and by openssl, also after the
// server died; a changed receipt is refused.
func TestReceipt(t *testing.T) {
	s := startSandbox(t)
	b, who := s.bank(t), s.Subscribers[1]
	asked := b.ask(t, who, transferOf("48000.00"))
	s.reply(t, who, s.asked(t, who, true).ID, "confirm", who.SigningPIN, http.StatusOK)
	if end := b.ended(t, asked); end.State != "signed" {
		t.Fatalf("%+v", end)
	}
	batch := s.confirmBatch(t, b, s.Subscribers[2])
	s.kill()
	s.start(t)
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	s.fetch(t, "/ca/roots.pem", in("roots.pem"))
	s.fetch(t, "/ca/log/key", in("log.key"))
	verify := []string{"receipt", "verify", in("receipt.json"), "--roots", in("roots.pem"), "--log-key", "@" + in("log.key")}
	said := s.included(t, asked.ID, in("receipt.json"), verify)
	if out, err := s.run(t, "shield", "receipt", batch, "--out", in("batch.json")); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	s.stop(t)
	listed := fmt.Sprintf("¥4,800.00 in all to 2 payees, by a list with SHA-256 %x", sha256.Sum256([]byte(batchList)))
	if out := s.output(t, binary(t), "receipt", "verify", in("batch.json"), "--roots", in("roots.pem")); !strings.Contains(out, listed) {
		t.Errorf("the batch:\n%s", out)
	}
	if out := s.output(t, binary(t), verify...); out != said || strings.Contains(out, "failed") || !strings.Contains(out, "¥48,000.00 to 张伟") {
		t.Errorf("without the server:\n%s", out)
	}
	s.output(t, binary(t), "receipt", "extract", in("receipt.json"), "--out", dir)
	s.output(t, "openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", in("signed-data.der"), "-CAfile", in("roots.pem"), "-purpose", "any",
		"-out", in("confirmed"))
	s.output(t, "openssl", "ts", "-verify", "-token_in", "-in", in("time-stamp.der"), "-data", in("signature.der"), "-CAfile", in("roots.pem"))
	text, err := os.ReadFile(in("receipt.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("receipt.json"), bytes.Replace(text, []byte("张伟"), []byte("张韦"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run(t, verify...); err == nil || !strings.Contains(out, "The text is not that of the statement") {
		t.Errorf("a changed receipt: %v\n%s", err, out)
	}
}

// batchList is what the bank and its customer agreed on as the list of a batch.
const batchList = "6217000010001234567,张伟,1200.00\n6217000010007654321,李娜,3600.00\n"

// confirmBatch has a batch confirmed: the phone shows total, number of payees and the beginning of their list's hash, and no payee.
func (s *sandbox) confirmBatch(t *testing.T, b bank, who subscriber) (id string) {
	t.Helper()
	list := sha256.Sum256([]byte(batchList))
	asked := b.ask(t, who, map[string]any{"customer": "6222020200112233", "transfer": map[string]any{"amount": "4800.00", "currency": "CNY",
		"time": time.Now().Truncate(time.Second).Format(time.RFC3339), "batch": map[string]any{"count": 2, "sha256": list[:]}}})
	p := s.asked(t, who, true)
	for _, part := range []string{"【批量转账确认】", "笔数：2", "总金额：¥4,800.00", "清单摘要：" + strings.ToUpper(hex.EncodeToString(list[:2]))} {
		if !strings.Contains(p.Text, part) {
			t.Errorf("the phone does not show %s:\n%s", part, p.Text)
		}
	}
	s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusOK)
	if end := b.ended(t, asked); end.State != "signed" {
		t.Fatalf("%+v", end)
	}
	return asked.ID
}

// included fetches a receipt until it has the log's proof, and returns what its verification says.
func (s *sandbox) included(t *testing.T, id, file string, verify []string) string {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		if out, err := s.run(t, "shield", "receipt", id, "--out", file); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if out := s.output(t, binary(t), verify...); strings.Contains(out, "The transparency log") {
			return out
		}
		<-tick.C
	}
	t.Fatal("the receipt is not in the log after a minute")
	return ""
}

// fetch writes what the server serves to everybody into a file.
func (s *sandbox) fetch(t *testing.T, path, file string) {
	t.Helper()
	res, err := http.Get(s.Issuer + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", path, res.Status, err)
	}
	if err := os.WriteFile(file, body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
