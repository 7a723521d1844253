//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"simtrust/simshield/document/pdf/pdftest"
)

var (
	contract = []byte("租赁合同\n1. 租金每月 ¥4,800.00\n")
	paper    = pdftest.Paper(pdftest.Objects(), "")
)

// signedDocument is what the server says of one.
type signedDocument struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Code      string `json:"verification_code"`
	Document  []byte `json:"document"`
	MediaType string `json:"media_type"`
	Reason    string `json:"reason"`
}

// desk is a party with documents to be signed, and a folder for foreign programs.
type desk struct {
	bank
	s   *sandbox
	dir string
}

func (s *sandbox) documents(t *testing.T) desk {
	t.Helper()
	d := desk{s.bank(t), s, t.TempDir()}
	s.fetch(t, "/ca/roots.pem", d.in("roots.pem"))
	return d
}

func (d desk) in(name string) string { return filepath.Join(d.dir, name) }

func (d desk) write(t *testing.T, name string, octets []byte) {
	t.Helper()
	if err := os.WriteFile(d.in(name), octets, 0o600); err != nil {
		t.Fatal(err)
	}
}

// order asks a person to sign.
func (d desk) order(t *testing.T, who subscriber, format string, content []byte) (got signedDocument) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"phone_number": who.Number, "order": "C-" + format, "title": "租赁合同", "format": format, "content": content})
	if status := d.call(t, http.MethodPost, "/simshield/v1/documents", string(body), &got); status != http.StatusCreated {
		t.Fatalf("%s: %d %+v", format, status, got)
	}
	return got
}

func (d desk) document(t *testing.T, id string) (got signedDocument, status int) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); ; {
		got = signedDocument{}
		status = d.call(t, http.MethodGet, "/simshield/v1/documents/"+id+"?wait=20", "", &got)
		if again := got.State == "open" || status == http.StatusServiceUnavailable; !again || time.Now().After(limit) {
			return got, status
		}
	}
}

// TestSignedDocuments: a person signs in three formats, and programs that know nothing of the server verify them, but nothing that was
// changed. Documents outlive a kill, and end when their party removes them.
func TestSignedDocuments(t *testing.T) {
	s := startSandbox(t)
	d := s.documents(t)
	signed := map[string]signedDocument{}
	for i, c := range []struct {
		format  string
		content []byte
		check   func(*testing.T, desk, []byte)
	}{{"cades", contract, checkCAdES}, {"pades", paper, checkPAdES}, {"jades", contract, checkJAdES}} {
		t.Run(c.format, func(t *testing.T) {
			who := s.Subscribers[2+i]
			asked := d.order(t, who, c.format, c.content)
			p := s.asked(t, who, true)
			if p.Kind != "document" || !strings.Contains(p.Text, "【文件签署】") || !strings.Contains(p.Text, "租赁合同") || p.VerificationCode != asked.Code {
				t.Errorf("%+v", p)
			}
			s.reply(t, who, p.ID, "confirm", who.SigningPIN, http.StatusOK)
			got, _ := d.document(t, asked.ID)
			if got.State != "signed" {
				t.Fatalf("%+v", got)
			}
			signed[c.format] = got
			c.check(t, d, got.Document)
		})
	}
	s.kill()
	s.start(t)
	d.issuer = s.Issuer
	for format, before := range signed {
		if after, _ := d.document(t, before.ID); !bytes.Equal(after.Document, before.Document) || after.MediaType != before.MediaType {
			t.Errorf("%s: another document after a kill", format)
		}
		var nothing struct{}
		d.call(t, http.MethodDelete, "/simshield/v1/documents/"+before.ID, "", &nothing)
		if after, status := d.document(t, before.ID); status != http.StatusNotFound || after.Reason != "document_removed" || after.Document != nil {
			t.Errorf("%s: removed, and still %d %+v", format, status, after)
		}
	}
}

// TestDocumentsByCommand: the command waits for the person and saves what was signed; where the person refuses, it saves nothing.
func TestDocumentsByCommand(t *testing.T) {
	s := startSandbox(t)
	d := s.documents(t)
	d.write(t, "contract.pdf", paper)
	d.write(t, "contract.txt", contract)
	for i, c := range []struct {
		file, action string
		check        func(*testing.T, desk, []byte)
	}{{"contract.pdf", "confirm", checkPAdES}, {"contract.txt", "confirm", checkCAdES}, {"contract.txt", "cancel", nil}} {
		who, out := s.Subscribers[2+i], d.in("out"+strconv.Itoa(i))
		said := make(chan string)
		go func() {
			text, err := s.run(t, "shield", "document", who.Number, d.in(c.file), "--title", "租赁合同", "--out", out)
			if (err == nil) != (c.action == "confirm") {
				t.Errorf("%s: %v %s", c.action, err, text)
			}
			said <- text
		}()
		p := s.asked(t, who, true)
		s.reply(t, who, p.ID, c.action, who.SigningPIN, http.StatusOK)
		if text := <-said; !strings.Contains(text, p.VerificationCode) {
			t.Errorf("no %s in %s", p.VerificationCode, text)
		}
		switch signed, err := os.ReadFile(out); {
		case c.check != nil && err == nil:
			c.check(t, d, signed)
		case (c.check == nil) != os.IsNotExist(err):
			t.Errorf("%s: %v", c.action, err)
		}
	}
	if out, err := s.run(t, "shield", "document", s.Subscribers[2].Number, d.in("contract.txt"), "--title", "租赁合同", "--out", d.in("none"), "--format", "pades"); err == nil ||
		!strings.Contains(out, "the PDF: no header") {
		t.Errorf("%v %s", err, out)
	}
	t.Run("enterprise", d.signsForOrganization)
}

var oneTime = regexp.MustCompile(`^(reg_\S+)  one-time code (\d+)`)

// signsForOrganization: somebody who acts for an organisation gets a key of the enterprise applet, whose certificate names the organisation,
// and signs with it by the same way.
func (d desk) signsForOrganization(t *testing.T) {
	const organization = "海港贸易有限公司"
	who, out := d.s.Subscribers[5], d.in("enterprise.p7m")
	sign := []string{"shield", "document", who.Number, d.in("contract.txt"), "--title", "租赁合同", "--application", "enterprise", "--out", out}
	if said, err := d.s.run(t, sign...); err == nil || !strings.Contains(said, "the number has no key of that kind") {
		t.Errorf("before the registration: %v %s", err, said)
	}
	said, err := d.s.run(t, "shield", "register", who.Number, "--name", "王小明", "--application", "enterprise", "--organization", organization, "--kind", "document")
	made := oneTime.FindStringSubmatch(said)
	if made == nil {
		t.Fatal(err, said)
	}
	d.s.reply(t, who, d.s.asked(t, who, true).ID, "confirm", made[2], http.StatusOK)
	d.s.reply(t, who, d.s.asked(t, who, true).ID, "confirm", who.SigningPIN, http.StatusOK)
	if said, err := d.s.run(t, "shield", "registration", made[1], "--wait"); err != nil {
		t.Fatal(err, said)
	}
	done := make(chan string)
	go func() {
		said, err := d.s.run(t, sign...)
		if err != nil {
			t.Errorf("%v %s", err, said)
		}
		done <- said
	}()
	d.s.reply(t, who, d.s.asked(t, who, true).ID, "confirm", who.SigningPIN, http.StatusOK)
	<-done
	message, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	checkCAdES(t, d, message)
	d.s.output(t, "openssl", "cms", "-verify", "-inform", "DER", "-in", out, "-CAfile", d.in("roots.pem"), "-purpose", "any", "-signer", d.in("signer.pem"), "-out", d.in("content"))
	if subject := d.s.output(t, "openssl", "x509", "-in", d.in("signer.pem"), "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus"); !strings.Contains(subject, "O="+organization) {
		t.Errorf("signed by %s", subject)
	}
}
