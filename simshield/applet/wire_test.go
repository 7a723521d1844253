package applet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/simshield/applet"
)

// commands are one of each form.
func commands() map[string]applet.Command {
	document := signHash()
	document.Kind, document.Language, document.Text = applet.KindDocument, applet.English, ""
	document.Algorithm, document.Hash = applet.SHA512, bytes.Repeat(hash, 2)
	all := map[string]applet.Command{
		"enrol": enrol(), "install": applet.Install{ID: txn, Kind: applet.KindLogin, KeyHash: [32]byte(hash), Certificate: [32]byte(hash)},
		"cancel": applet.Cancel{ID: txn}, "sign-hash": signHash(), "sign-hash document": document, "longest": applet.Confirm{Statement: full()},
	}
	for name, s := range statements() {
		all["confirm "+name] = applet.Confirm{Statement: s}
	}
	return all
}

func responses() map[string]applet.Response {
	return map[string]applet.Response{
		"done": {ID: txn, Tries: 3}, "signed": {ID: txn, Result: applet.Signed, Tries: 3, Signature: &applet.Signature{1, 2, 3}},
		"enrolled": {ID: txn, Result: applet.Enrolled, Tries: 3,
			Enrolment: &applet.Enrolment{PublicKey: [33]byte{2, 9}, Code: "20481024", Proof: applet.Signature{4}}},
		"blocked": {ID: txn, Result: applet.PINBlocked}, "malformed": {Result: applet.Malformed},
	}
}

func TestCommandRead(t *testing.T) {
	for name, c := range commands() {
		t.Run(name, func(t *testing.T) {
			data := c.Append([]byte("before"))
			got, err := applet.DecodeCommand(bytes.TrimPrefix(data, []byte("before")))
			if diff := cmp.Diff(c, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
			if got.CommandID() != txn {
				t.Errorf("id %x", got.CommandID())
			}
		})
	}
}

// TestCommandSize: an ordinary Chinese transfer goes into two messages (98 octets of data in the first, with AES), and its response
// into one.
func TestCommandSize(t *testing.T) {
	if n := len(applet.Confirm{Statement: about(transfer())}.Append(nil)); n > 2*98 {
		t.Errorf("a transfer of %d octets", n)
	}
	if n := len(responses()["signed"].Append(nil)); n > 98 {
		t.Errorf("a response of %d octets", n)
	}
}

func TestResponseRead(t *testing.T) {
	for name, r := range responses() {
		t.Run(name, func(t *testing.T) {
			got, err := applet.DecodeResponse(r.Append(nil))
			if diff := cmp.Diff(r, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

// TestCommandAltered: no octet may be left out, doubled or changed without being noticed.
func TestCommandAltered(t *testing.T) {
	for name, c := range commands() {
		t.Run(name, func(t *testing.T) {
			data := c.Append(nil)
			for i := range data {
				if _, err := applet.DecodeCommand(data[:i]); err == nil {
					t.Fatalf("cut to %d octets", i)
				}
				for _, other := range [][]byte{append(bytes.Clone(data[:i]), data[i+1:]...), append(bytes.Clone(data[:i+1]), data[i:]...)} {
					if _, err := applet.DecodeCommand(other); err == nil {
						t.Fatalf("octet %d left out or doubled", i)
					}
				}
				changed := bytes.Clone(data)
				changed[i] ^= 0x10
				if got, err := applet.DecodeCommand(changed); err == nil && cmp.Equal(got, c) {
					t.Fatalf("octet %d changed unnoticed", i)
				}
			}
		})
	}
}

// in is a constructed element, in hex.
func in(tag string, parts ...string) string {
	value := strings.Join(parts, "")
	return fmt.Sprintf("%s%02x%s", tag, len(value)/2, value)
}

const (
	idField    = "8010" + "1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"
	nonceField = "8410" + "40404040404040404040404040404040"
	partyField = "8302" + "4142"
	hashField  = "8820" + "abababababababababababababababababababababababababababababababab"
	timeField  = "8505" + "006a1e0000"
	loginField = "af0e" + "840c404040404040404040404040"

	kindLogin, kindTransaction = "810101", "810103"
)

// TestCommandOfOtherForm: octets that mean a command, but are not the ones that Append makes.
func TestCommandOfOtherForm(t *testing.T) {
	for _, good := range []string{
		in("e5", idField), in("e1", idField, kindTransaction, "820102", partyField, nonceField), in("e3", idField, partyField, nonceField, timeField, loginField),
		in("e4", idField, kindLogin, "820101", partyField, timeField, hashField),
	} {
		if _, err := applet.DecodeCommand(unhex(t, good)); err != nil {
			t.Fatalf("%s: %v; the others would prove nothing", good, err)
		}
	}
	for name, data := range map[string]string{
		"nothing":                      "",
		"padding":                      "00",
		"an unknown command":           in("e6", idField),
		"a response":                   in("e0", idField),
		"a primitive command":          in("c5", idField),
		"cancel with something after":  in("e5", idField) + "00",
		"cancel twice":                 in("e5", idField) + in("e5", idField),
		"cancel, long length":          "e58112" + idField,
		"cancel, indefinite length":    "e580" + idField + "0000",
		"cancel, long inner length":    in("e5", "808110", idField[4:]),
		"cancel of nothing":            in("e5"),
		"cancel, id of 15 octets":      in("e5", "800f", idField[6:]),
		"cancel, id of 17 octets":      in("e5", "8011", idField[4:], "1d"),
		"cancel, something more":       in("e5", idField, kindLogin),
		"enrol, fields swapped":        in("e1", idField, "820102", kindTransaction, partyField, nonceField),
		"enrol, no kind":               in("e1", idField, "820102", partyField, nonceField),
		"enrol, kind 0":                in("e1", idField, "810100", "820102", partyField, nonceField),
		"enrol, kind 4":                in("e1", idField, "810104", "820102", partyField, nonceField),
		"enrol, kind of two octets":    in("e1", idField, "81020003", "820102", partyField, nonceField),
		"enrol, algorithm 3":           in("e1", idField, kindTransaction, "820103", partyField, nonceField),
		"enrol, empty party":           in("e1", idField, kindTransaction, "820102", "8300", nonceField),
		"enrol, Chinese by name":       in("e1", idField, kindTransaction, "820102", partyField, nonceField, "860100"),
		"enrol, unknown language":      in("e1", idField, kindTransaction, "820102", partyField, nonceField, "860102"),
		"enrol, language of no octet":  in("e1", idField, kindTransaction, "820102", partyField, nonceField, "8600"),
		"confirm without a subject":    in("e3", idField, partyField, nonceField, timeField),
		"confirm of two subjects":      in("e3", idField, partyField, nonceField, timeField, loginField, loginField),
		"confirm of an empty transfer": in("e3", idField, partyField, nonceField, timeField, "ad00"),
		"confirm of an unknown":        in("e3", idField, partyField, nonceField, timeField, "b000"),
		"confirm, a broken login":      in("e3", idField, partyField, nonceField, timeField, "af0184"),
		"confirm, more in the login":   in("e3", idField, partyField, nonceField, timeField, in("af", "84024040", "850140")),
		"confirm, time of 4 octets":    in("e3", idField, partyField, nonceField, "85046a1e0000", loginField),
		"transaction key, hash":        in("e4", idField, kindTransaction, "820101", partyField, timeField, hashField),
		"sign-hash, no hash":           in("e4", idField, kindLogin, "820101", partyField, timeField),
		"sign-hash, algorithm 0":       in("e4", idField, kindLogin, "820100", partyField, timeField, hashField),
		"sign-hash, SHA-512 too short": in("e4", idField, kindLogin, "820103", partyField, timeField, hashField),
		"sign-hash, empty text":        in("e4", idField, kindLogin, "820101", partyField, timeField, "8700", hashField),
		"install without a digest":     in("e2", idField, kindLogin, hashField),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := applet.DecodeCommand(unhex(t, data))
			wantRefused(t, err, applet.ReasonMalformed, "")
		})
	}
}

func TestResponseOfOtherForm(t *testing.T) {
	signed := responses()["signed"]
	fresh := responses()["enrolled"]
	without := signed
	without.Signature = nil
	withBoth := signed
	withBoth.Result = applet.Done
	noCode := fresh
	noCode.Enrolment = &applet.Enrolment{}
	enrolledSigned := fresh
	enrolledSigned.Result = applet.Signed
	signedEnrolled := signed
	signedEnrolled.Result = applet.Enrolled
	good := signed.Append(nil)
	for name, data := range map[string][]byte{
		"nothing":                            nil,
		"a command":                          applet.Cancel{ID: txn}.Append(nil),
		"signed without a signature":         without.Append(nil),
		"done with a signature":              withBoth.Append(nil),
		"signed with a key":                  enrolledSigned.Append(nil),
		"enrolled with a signature only":     signedEnrolled.Append(nil),
		"an unknown result":                  applet.Response{ID: txn, Result: applet.Malformed + 1}.Append(nil),
		"something after":                    append(bytes.Clone(good), 0),
		"twice":                              append(bytes.Clone(good), good...),
		"a short signature":                  bytes.Replace(good, []byte{0x8C, 64}, []byte{0x8C, 63}, 1),
		"the tries before the result":        bytes.Replace(good, []byte{0x81, 1, 1, 0x82, 1, 3}, []byte{0x82, 1, 3, 0x81, 1, 1}, 1),
		"a length in more octets than it is": append([]byte{0xE0, 0x81}, good[1:]...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := applet.DecodeResponse(data)
			wantRefused(t, err, applet.ReasonMalformed, "")
		})
	}
	for i := range good {
		if _, err := applet.DecodeResponse(good[:i]); err == nil {
			t.Errorf("cut to %d octets", i)
		}
	}
	if got, err := applet.DecodeResponse(noCode.Append(nil)); err != nil || got.Enrolment.Code != "" {
		t.Errorf("%+v %v: an empty code is the server's to judge", got, err)
	}
}
