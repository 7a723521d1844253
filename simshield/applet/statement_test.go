package applet_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust"
	"simtrust/simshield/applet"
)

func TestStatementRead(t *testing.T) {
	for name, s := range statements() {
		t.Run(name, func(t *testing.T) {
			want := compose(t, s)
			got, err := applet.DecodeStatement(want.DER)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestStatementAltered: with any octet changed it is refused, or says something else with another digest; the old text never stands.
func TestStatementAltered(t *testing.T) {
	for name, s := range statements() {
		t.Run(name, func(t *testing.T) {
			p := compose(t, s)
			for i := range p.DER {
				for _, flip := range []byte{0x01, 0x80, 0xFF} {
					der := bytes.Clone(p.DER)
					der[i] ^= flip
					got, err := applet.DecodeStatement(der)
					if err == nil && got.Digest(applet.SM2) == p.Digest(applet.SM2) {
						t.Fatalf("octet %d changed, and the digest is the same", i)
					}
					if err == nil && cmp.Equal(got.Statement, p.Statement) {
						t.Fatalf("octet %d changed, and the fields are the same", i)
					}
				}
			}
			for n := range p.DER {
				if _, err := applet.DecodeStatement(p.DER[:n]); err == nil {
					t.Fatalf("cut to %d octets", n)
				}
			}
		})
	}
}

// TestDisplayedTextDiffers: a statement whose text is not what its fields compose to is refused.
func TestDisplayedTextDiffers(t *testing.T) {
	p := compose(t, about(transfer()))
	for _, c := range [][2]string{{"¥48,000.00", "¥18,000.00"}, {"王小明\n", "王小朋\n"}, {"7890 123", "7890 124"}, {"时间：", "日期："}, {"【转账确认】", "【登录确认】"}} {
		der := bytes.Replace(p.DER, []byte(c[0]), []byte(c[1]), 1) // in the text: a field has neither line break nor label
		if bytes.Equal(der, p.DER) {
			t.Fatalf("%q is not there", c[0])
		}
		_, err := applet.DecodeStatement(der)
		wantRefused(t, err, applet.ReasonAltered, "")
	}
}

// rewrite takes the elements of a statement apart and puts them together again.
func rewrite(t *testing.T, der []byte, change func(elements [][]byte) [][]byte) []byte {
	t.Helper()
	in, body := cryptobyte.String(bytes.Clone(der)), cryptobyte.String(nil)
	if !in.ReadASN1(&body, tag.SEQUENCE) {
		t.Fatal("no statement")
	}
	var elements [][]byte
	for !body.Empty() {
		var e cryptobyte.String
		if !body.ReadAnyASN1Element(&e, nil) {
			t.Fatal("no element")
		}
		elements = append(elements, e)
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, e := range change(elements) {
			b.AddBytes(e)
		}
	})
	return b.BytesOrPanic()
}

func TestStatementOfOtherForm(t *testing.T) {
	transferDER, loginDER := compose(t, about(transfer())).DER, compose(t, about(applet.Login{Challenge: hash})).DER
	set := func(i int, value ...byte) func([][]byte) [][]byte {
		return func(e [][]byte) [][]byte { e[i] = value; return e }
	}
	var subject []byte
	rewrite(t, loginDER, func(e [][]byte) [][]byte { subject = e[7]; return e })
	for name, der := range map[string][]byte{
		"nothing":               nil,
		"not DER":               []byte("statement"),
		"something after":       append(bytes.Clone(transferDER), 0),
		"another version":       rewrite(t, transferDER, set(0, 2, 1, 2)),
		"login kind":            rewrite(t, transferDER, set(1, 10, 1, 1)),
		"kind above an octet":   rewrite(t, transferDER, set(1, 10, 2, 1, 3)),
		"integer kind":          rewrite(t, transferDER, set(1, 2, 1, 3)),
		"unknown language":      rewrite(t, transferDER, set(2, 12, 2, 'd', 'e')),
		"a short id":            rewrite(t, transferDER, set(4, 4, 1, 1)),
		"local time":            rewrite(t, transferDER, set(6, append([]byte{24, 19}, "20261122170205+0800"...)...)),
		"no time":               rewrite(t, transferDER, set(6, append([]byte{24, 15}, "20261322170205Z"...)...)),
		"a login's subject":     rewrite(t, transferDER, set(7, subject...)),
		"an unknown subject":    rewrite(t, transferDER, set(7, 0xA3, 0)),
		"an empty transfer":     rewrite(t, transferDER, set(7, 0xA0, 0)),
		"without its text":      rewrite(t, transferDER, func(e [][]byte) [][]byte { return e[:8] }),
		"with one thing more":   rewrite(t, transferDER, func(e [][]byte) [][]byte { return append(e, []byte{5, 0}) }),
		"nonce before id":       rewrite(t, transferDER, func(e [][]byte) [][]byte { e[4], e[5] = e[5][:9], e[4]; return e }),
		"length in two octets":  append([]byte{0x30, 0x83, 0, transferDER[2], transferDER[3]}, transferDER[4:]...),
		"of indefinite length":  append(append([]byte{0x30, 0x80}, transferDER[4:]...), 0, 0),
		"true as 1":             bytes.Replace(compose(t, about(batch())).DER, []byte{1, 1, 0xFF}, []byte{1, 1, 1}, 1),
		"a padded amount":       bytes.Replace(transferDER, []byte{2, 3, 0x49, 0x3E, 0}, []byte{2, 3, 0, 0x3E, 0}, 1),
		"text of another type":  rewrite(t, transferDER, func(e [][]byte) [][]byte { e[8][0] = 19; return e }),
		"party of another type": rewrite(t, transferDER, func(e [][]byte) [][]byte { e[3][0] = 19; return e }),
	} {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(der, transferDER) {
				t.Fatal("nothing was changed")
			}
			_, err := applet.DecodeStatement(der)
			wantRefused(t, err, applet.ReasonMalformed, "")
		})
	}
}

// TestUnshowableStatement: one that this program would not have composed is refused by the rule that it breaks.
func TestUnshowableStatement(t *testing.T) {
	der := bytes.ReplaceAll(compose(t, about(transfer())).DER, []byte("王小明"), []byte("王\u200B明"))
	_, err := applet.DecodeStatement(der)
	if simtrust.ReasonOf(err) != applet.ReasonInvisible {
		t.Error(err)
	}
}
