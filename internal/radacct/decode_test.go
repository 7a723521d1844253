package radacct_test

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"layeh.com/radius"

	"simtrust/internal/radacct"
)

var equal = cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}

func decode(t testing.TB, octets string) (radacct.Request, error) {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(octets, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	attrs, err := radius.ParseAttributes(raw)
	if err != nil {
		t.Fatal(err)
	}
	return radacct.Decode(attrs)
}

// TestDecodeRadclient decodes octets captured from FreeRADIUS radclient 3.2.1.
func TestDecodeRadclient(t *testing.T) {
	got, err := decode(t, "280600000001 2c047331 1a17000028af0111343630303031323334353637383930 1a18000028af141233353132333435363738393031323334"+
		"6114004020010db8000100020000000000000000 f12106 010600000006 0306c0000201 080600000001 090600000400 0a06000007ff 37066b02cb30 21040102 210303")
	if err != nil {
		t.Fatal(err)
	}
	want := radacct.Request{
		Status: radacct.Start, SessionID: "s1", IMSI: "460001234567890", IMEISV: "3512345678901234",
		IPv6:  netip.MustParsePrefix("2001:db8:1:2::/64"),
		Ports: []radacct.PortRange{{Protocol: 6, External: netip.MustParseAddr("192.0.2.1"), Low: 1024, High: 2047}},
		Event: time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestRoundTrip(t *testing.T) {
	event := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]radacct.Request{
		"accounting on": {Status: radacct.AccountingOn},
		"full": {
			Status: radacct.InterimUpdate, SessionID: "0a1b", CallingStationID: "8613800000001", IMSI: "460001234567890",
			IMEISV: "35123456789012", IPv4: netip.MustParseAddr("100.64.0.7"), IPv6: netip.MustParsePrefix("2001:db8::/56"),
			Event: event, Delay: 90 * time.Second,
			Ports: []radacct.PortRange{
				{External: netip.MustParseAddr("192.0.2.1"), Low: 1024, High: 65535},
				{Low: 0, High: 0, Protocol: 17, Released: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			attrs, err := want.Attributes()
			if err != nil {
				t.Fatal(err)
			}
			got, err := radacct.Decode(attrs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	start   = "280600000001"
	session = "2c047331"
)

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ octets, want string }{
		"no attribute":                {"", "Acct-Status-Type: is missing"},
		"no status":                   {session, "Acct-Status-Type: is missing"},
		"no session":                  {start, "Acct-Session-Id: is missing"},
		"empty session":               {start + "2c02", "Acct-Session-Id: wrong length"},
		"session with NUL":            {start + "2c047300", "Acct-Session-Id: not printable UTF-8"},
		"session with line feed":      {start + "2c04730a", "Acct-Session-Id: not printable UTF-8"},
		"session not UTF-8":           {start + "2c0473ff", "Acct-Session-Id: not printable UTF-8"},
		"two sessions":                {start + session + session, "Acct-Session-Id: occurs twice"},
		"two statuses":                {start + start + session, "Acct-Status-Type: occurs twice"},
		"short status":                {"2805000001" + session, "Acct-Status-Type: wrong length"},
		"status zero":                 {"280600000000" + session, "Acct-Status-Type: value out of range"},
		"status Failed":               {"28060000000f" + session, "Acct-Status-Type: value out of range"},
		"short address":               {start + session + "0805640000", "Framed-IP-Address: wrong length"},
		"IPv6 as IPv4":                {start + session + "081220010db8000000000000000000000001", "Framed-IP-Address: wrong length"},
		"two addresses":               {start + session + "080664000001" + "080664000002", "Framed-IP-Address: occurs twice"},
		"empty calling station":       {start + session + "1f02", "Calling-Station-Id: wrong length"},
		"two calling stations":        {start + session + "1f0331" + "1f0332", "Calling-Station-Id: occurs twice"},
		"prefix without length":       {start + session + "610300", "Framed-IPv6-Prefix: wrong length"},
		"prefix of 129 bits":          {start + session + "6114008120010db8000100020000000000000000", "Framed-IPv6-Prefix: wrong length"},
		"prefix with too few octets":  {start + session + "6108004020010db8", "Framed-IPv6-Prefix: wrong length"},
		"prefix with too many octets": {start + session + "6115004020010db800010002000000000000000000", "Framed-IPv6-Prefix: wrong length"},
		"prefix with host bits":       {start + session + "6114004020010db8000100020000000000000001", "Framed-IPv6-Prefix: bits set"},
		"short event":                 {start + session + "37056b02cb", "Event-Timestamp: wrong length"},
		"long event":                  {start + session + "370a000000006b02cb30", "Event-Timestamp: wrong length"},
		"short delay":                 {start + session + "2903ff", "Acct-Delay-Time: wrong length"},
		"vendor without value":        {start + session + "1a06000028af", "Vendor-Specific: wrong length"},
		"vendor cut":                  {start + session + "1a05000028", "Vendor-Specific: wrong length"},
		"sub-attribute of one octet":  {start + session + "1a07000028af01", "sub-attribute overruns"},
		"sub-attribute of length 0":   {start + session + "1a08000028af0100", "sub-attribute overruns"},
		"sub-attribute too long":      {start + session + "1a0c000028af010934363030", "sub-attribute overruns"},
		"IMSI with letter":            {start + session + "1a0e000028af010834363030306b", "3GPP-IMSI: not digits"},
		"IMSI with trailing NUL":      {start + session + "1a0f000028af010934363030303100", "3GPP-IMSI: not digits"},
		"short IMSI":                  {start + session + "1a0d000028af01073436303031", "3GPP-IMSI: wrong length"},
		"empty IMSI":                  {start + session + "1a08000028af0102", "3GPP-IMSI: wrong length"},
		"IMSI of 16 digits":           {start + session + "1a18000028af011234363030303132333435363738393031", "3GPP-IMSI: wrong length"},
		"two IMSIs in one attribute":  {start + session + "1a16000028af0108343630303031" + "0108343630303032", "3GPP-IMSI: occurs twice"},
		"two IMSIs in two attributes": {start + session + "1a0e000028af0108343630303031" + "1a0e000028af0108343630303031", "3GPP-IMSI: occurs twice"},
		"IMEISV of 13 digits":         {start + session + "1a15000028af140f33353132333435363738393031", "3GPP-IMEISV: wrong length"},
		"IMEISV as octets":            {start + session + "1a16000028af1410ffffffffffffffffffffffffffff", "3GPP-IMEISV: not digits"},
		"extended without value":      {start + session + "f10306", "Extended-Attribute-1: wrong length"},
		"ports without end":           {start + session + "f1090609060000 0400", "IP-Port-Range: is missing"},
		"ports reversed":              {start + session + "f10f06 0906000007ff 0a0600000400", "IP-Port-Range: value out of range"},
		"port above 65535":            {start + session + "f10f06 090600000400 0a0600010000", "IP-Port-Range: value out of range"},
		"port of two octets":          {start + session + "f10b06 09040400 0a0407ff", "IP-Port-Range: wrong length"},
		"two starts":                  {start + session + "f11506 090600000400 090600000401 0a06000007ff", "IP-Port-Range: occurs twice"},
		"neither held nor released":   {start + session + "f11506 080600000000 090600000400 0a06000007ff", "IP-Port-Range: value out of range"},
		"protocol above 255":          {start + session + "f11506 010600000106 090600000400 0a06000007ff", "IP-Port-Range: value out of range"},
		"IPv6 as external address":    {start + session + "f12106 031220010db8000000000000000000000001 090600000400 0a06000007ff", "IP-Port-Range: wrong length"},
		"ports cut":                   {start + session + "f10e06 090600000400 0a06000007", "IP-Port-Range: sub-attribute overruns"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decode(t, c.octets)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if diff := cmp.Diff(radacct.Request{}, got, equal); diff != "" {
				t.Errorf("a refused request is not empty:\n%s", diff)
			}
		})
	}
}

func TestDecodeSkips(t *testing.T) {
	want := radacct.Request{Status: radacct.Start, SessionID: "s1"}
	for name, octets := range map[string]string{
		"unknown attribute":            "c805abcdef",
		"another vendor, odd layout":   "1a09000000090163ff",
		"3GPP attribute of no concern": "1a0c000028af020600000001",
		"another extended attribute":   "f10501ffff",
		"no IPv4 address":              "080600000000",
		"address chosen by the NAS":    "0806fffffffe",
		"address chosen by the user":   "0806ffffffff",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decode(t, start+session+octets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAttributesRefuses(t *testing.T) {
	for name, r := range map[string]radacct.Request{
		"no status":          {SessionID: "s1"},
		"no session":         {Status: radacct.Stop},
		"session too long":   {Status: radacct.Stop, SessionID: strings.Repeat("s", 254)},
		"IMSI not digits":    {Status: radacct.Stop, SessionID: "s1", IMSI: "46000x"},
		"IMSI too long":      {Status: radacct.Stop, SessionID: "s1", IMSI: strings.Repeat("4", 250)},
		"event after 2106":   {Status: radacct.Stop, SessionID: "s1", Event: time.Date(2107, 1, 1, 0, 0, 0, 0, time.UTC)},
		"event before 1970":  {Status: radacct.Stop, SessionID: "s1", Event: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"delay of 137 years": {Status: radacct.Stop, SessionID: "s1", Delay: 137 * 365 * 24 * time.Hour},
		"IPv6 as IPv4":       {Status: radacct.Stop, SessionID: "s1", IPv4: netip.MustParseAddr("2001:db8::1")},
		"IPv6 as external address": {Status: radacct.Stop, SessionID: "s1",
			Ports: []radacct.PortRange{{External: netip.MustParseAddr("2001:db8::1"), High: 1}}},
		"IPv4 as prefix": {Status: radacct.Stop, SessionID: "s1", IPv6: netip.MustParsePrefix("192.0.2.0/24")},
	} {
		t.Run(name, func(t *testing.T) {
			if attrs, err := r.Attributes(); err == nil {
				t.Errorf("encoded as %v", attrs)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte) {
		attrs, err := radius.ParseAttributes(octets)
		if err != nil {
			return
		}
		r, err := radacct.Decode(attrs)
		if err != nil {
			return
		}
		again, err := r.Attributes()
		if err != nil {
			t.Fatalf("decoded request %+v does not encode: %v", r, err)
		}
		got, err := radacct.Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got, equal); diff != "" {
			t.Errorf("round trip (-first +second):\n%s", diff)
		}
	})
}
