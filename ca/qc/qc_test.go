package qc_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"simtrust/ca/qc"

	"github.com/google/go-cmp/cmp"
)

// full states everything there is: a bank limit of 5,000,000 yuan, kept ten years.
var full = qc.Statements{
	Compliance: true, SSCD: true, Retention: new(10),
	Limit:       &qc.Limit{Currency: "CNY", Amount: 5, Exponent: 6},
	Disclosures: []qc.Disclosure{{"https://ca.example.cn/pds/zh.pdf", "zh"}, {"https://ca.example.cn/pds/en.pdf", "en"}},
	Types:       []qc.Type{qc.ESign, qc.ESeal, qc.Web},
	Legislation: []string{"CN", "MO"},
}

// golden is full, written out by hand from the ASN.1 module of ETSI EN 319 412-5 V2.4.1 Annex B.
const golden = "3081cf" +
	"3008" + "060604008e460101" +
	"3015" + "060604008e460102" + "300b" + "1303434e59" + "020105" + "020106" +
	"300b" + "060604008e460103" + "02010a" +
	"3008" + "060604008e460104" +
	"305a" + "060604008e460105" + "3050" +
	"3026" + "1620" + "68747470733a2f2f63612e6578616d706c652e636e2f7064732f7a682e706466" + "1302" + "7a68" +
	"3026" + "1620" + "68747470733a2f2f63612e6578616d706c652e636e2f7064732f656e2e706466" + "1302" + "656e" +
	"3025" + "060604008e460106" + "301b" + "060704008e46010601" + "060704008e46010602" + "060704008e46010603" +
	"3012" + "060604008e460107" + "3008" + "1302434e" + "13024d4f"

func TestGolden(t *testing.T) {
	ext, err := full.Extension()
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(ext.Value); got != golden {
		t.Errorf("got  %s\nwant %s", got, golden)
	}
	if ext.Critical || !ext.Id.Equal(qc.ExtensionID) {
		t.Errorf("%v, critical %t", ext.Id, ext.Critical)
	}
	back, err := qc.Parse(ext)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, back); diff != "" {
		t.Error(diff)
	}
}

func TestOneStatementEach(t *testing.T) {
	for _, s := range []qc.Statements{
		{Compliance: true}, {SSCD: true}, {Retention: new(0)}, {Limit: &qc.Limit{Currency: "EUR", Amount: 5050, Exponent: -2}},
		{Types: []qc.Type{qc.ESeal}}, {Legislation: []string{"CN"}}, {Disclosures: full.Disclosures[:1]},
	} {
		ext, err := s.Extension()
		if err != nil {
			t.Fatal(err)
		}
		back, err := qc.Parse(ext)
		if diff := cmp.Diff(s, back); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

// TestRefused: what cannot be stated is refused on the way out, and the same octets on the way in.
func TestRefused(t *testing.T) {
	for name, s := range map[string]qc.Statements{
		"nothing":                {},
		"currency too long":      {Limit: &qc.Limit{Currency: "RMBY", Amount: 1}},
		"currency in lower case": {Limit: &qc.Limit{Currency: "cny", Amount: 1}},
		"negative amount":        {Limit: &qc.Limit{Currency: "CNY", Amount: -1}},
		"huge exponent":          {Limit: &qc.Limit{Currency: "CNY", Amount: 1, Exponent: 19}},
		"negative retention":     {Retention: new(-1)},
		"endless retention":      {Retention: new(101)},
		"unknown type":           {Types: []qc.Type{4}},
		"no type":                {Types: []qc.Type{0}},
		"type twice":             {Types: []qc.Type{qc.ESign, qc.ESign}},
		"country in lower case":  {Legislation: []string{"cn"}},
		"country of three":       {Legislation: []string{"CHN"}},
		"country twice":          {Legislation: []string{"CN", "CN"}},
		"http":                   {Disclosures: []qc.Disclosure{{"http://a.example/", "en"}}},
		"no host":                {Disclosures: []qc.Disclosure{{"https:///a", "en"}}},
		"user in URL":            {Disclosures: []qc.Disclosure{{"https://u@a.example/", "en"}}},
		"URL not ASCII":          {Disclosures: []qc.Disclosure{{"https://例.example/", "en"}}},
		"newline in URL":         {Disclosures: []qc.Disclosure{{"https://a.example/\n", "en"}}},
		"language in upper case": {Disclosures: []qc.Disclosure{{"https://a.example/", "EN"}}},
		"language with region":   {Disclosures: []qc.Disclosure{{"https://a.example/", "zh-CN"}}},
		"disclosure twice":       {Disclosures: []qc.Disclosure{{"https://a.example/", "en"}, {"https://a.example/", "en"}}},
	} {
		if ext, err := s.Extension(); err == nil {
			t.Errorf("%s: encoded as %x", name, ext.Value)
		}
	}
	for name, text := range map[string]string{
		"empty":                   "",
		"no statement":            "3000",
		"trailing octet":          seq(statement("01")) + "00",
		"cut":                     "300a3008060604008e4601",
		"indefinite":              "3080" + statement("01") + "0000",
		"statement twice":         seq(statement("01"), statement("01")),
		"unknown statement":       seq(statement("09")),
		"PSD2":                    seq(seq("0606040081982702")),
		"RFC 3739 semantics":      seq(seq("06082b06010505070b02")),
		"type as statement":       seq(seq("060704008e46010601")),
		"content of compliance":   seq(statement("01", "0500")),
		"content of SSCD":         seq(statement("04", "0500")),
		"no retention":            seq(statement("03")),
		"padded retention":        seq(statement("03", "0202000a")),
		"retention twice":         seq(statement("03", "02010a", "02010a")),
		"currency as number":      seq(statement("02", seq("0202009c", "020105", "020106"))),
		"currency as UTF-8":       seq(statement("02", seq("0c03434e59", "020105", "020106"))),
		"limit cut":               seq(statement("02", seq("1303434e59", "020105"))),
		"limit with more":         seq(statement("02", seq("1303434e59", "020105", "020106", "020101"))),
		"amount beyond 64 bits":   seq(statement("02", seq("1303434e59", "0209010000000000000000", "020106"))),
		"types empty":             seq(statement("06", "3000")),
		"type of another arc":     seq(statement("06", seq("060604008e4602"))),
		"types as a set":          seq(statement("06", "3109060704008e46010601")),
		"disclosures empty":       seq(statement("05", "3000")),
		"disclosure, no language": seq(statement("05", seq(seq("160968747470733a2f2f61")))),
		"country as UTF-8 string": seq(statement("07", seq("0c02434e"))),
	} {
		value, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(name, err)
		}
		if s, err := qc.Parse(pkix.Extension{Id: qc.ExtensionID, Value: value}); err == nil {
			t.Errorf("%s: parsed as %+v", name, s)
		}
	}
	for _, text := range []string{seq(statement("04"), statement("01")), seq(statement("02", seq("1303434e59", "020105", "020106")))} {
		value, _ := hex.DecodeString(text)
		if _, err := qc.Parse(pkix.Extension{Id: qc.ExtensionID, Value: value}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	value, _ := hex.DecodeString(golden)
	if _, err := qc.Parse(pkix.Extension{Id: qc.ExtensionID, Critical: true, Value: value}); err == nil {
		t.Error("critical: parsed")
	}
	if _, err := qc.Parse(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 15}, Value: value}); err == nil {
		t.Error("another extension: parsed")
	}
}

// seq is a SEQUENCE of under 128 octets, in hex.
func seq(parts ...string) string {
	content := strings.Join(parts, "")
	return fmt.Sprintf("30%02x%s", len(content)/2, content)
}

func statement(arc string, info ...string) string {
	return seq("060604008e4601"+arc, strings.Join(info, ""))
}

// FuzzParse: whatever parses and comes in the order of its numbers is encoded to the same octets.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, value []byte) {
		s, err := qc.Parse(pkix.Extension{Id: qc.ExtensionID, Value: value})
		if err != nil {
			return
		}
		ext, err := s.Extension()
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if len(ext.Value) != len(value) {
			t.Fatalf("%x became %x", value, ext.Value)
		}
		again, err := qc.Parse(ext)
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Fatalf("%v %s", err, diff)
		}
	})
}
