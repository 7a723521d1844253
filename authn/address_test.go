package authn_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"simtrust/authn"
)

var proxies = authn.Proxies{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:ffff::/48")}

func TestClientAddress(t *testing.T) {
	const proxy = "192.0.2.1:80"
	for _, tt := range []struct {
		name, peer string
		forwarded  []string // Forwarded
		xff        []string // X-Forwarded-For
		want       string   // "" for an error
	}{
		{"no proxy", "10.0.0.1:5000", nil, nil, "10.0.0.1:5000"},
		{"mapped peer", "[::ffff:10.0.0.1]:5000", nil, nil, "10.0.0.1:5000"},
		{"zoned peer", "[fe80::1%eth0]:5000", nil, nil, "[fe80::1]:5000"},
		{"headers of a stranger", "10.0.0.1:5000", []string{"for=10.0.0.9"}, []string{"10.0.0.9"}, "10.0.0.1:5000"},
		{"garbage of a stranger", "10.0.0.1:5000", []string{"\x00"}, []string{","}, "10.0.0.1:5000"},
		{"loopback is a stranger", "127.0.0.1:5000", nil, []string{"10.0.0.9"}, "127.0.0.1:5000"},
		{"no peer", "@", nil, nil, ""},
		{"peer without port", "10.0.0.1", nil, nil, ""},

		{"address", proxy, []string{"for=10.0.0.1"}, nil, "10.0.0.1:0"},
		{"address and port", proxy, []string{`for="10.0.0.1:5000"`}, nil, "10.0.0.1:5000"},
		{"IPv6", proxy, []string{`For="[2001:db8::1]"`}, nil, "[2001:db8::1]:0"},
		{"IPv6 and port", proxy, []string{`for="[2001:db8::1]:5000"`}, nil, "[2001:db8::1]:5000"},
		{"mapped", proxy, []string{`for="[::ffff:10.0.0.1]:5000"`}, nil, "10.0.0.1:5000"},
		{"obfuscated port", proxy, []string{`for="10.0.0.1:_web"`}, nil, "10.0.0.1:0"},
		{"other parameters", proxy, []string{`proto=https; for="10.0.0.1" ;by=_edge`}, nil, "10.0.0.1:0"},
		{"commas in quotes", proxy, []string{`by=_edge; for=10.0.0.1;proto=https; host="a,b;c=\"d\""`}, nil, "10.0.0.1:0"},
		{"escaped", proxy, []string{`for="10.0.0\.1"`}, nil, "10.0.0.1:0"},
		{"hearsay to the left", proxy, []string{"for=10.0.0.9, for=unknown, for=10.0.0.1"}, nil, "10.0.0.1:0"},
		{"proxies in between", proxy, []string{`for=10.0.0.1, for=192.0.2.2, for="[2001:db8:ffff::2]:80"`}, nil, "10.0.0.1:0"},
		{"several lines", proxy, []string{"for=10.0.0.9", "for=10.0.0.1"}, nil, "10.0.0.1:0"},
		{"IPv6 peer", "[2001:db8:ffff::1]:80", []string{"for=10.0.0.1"}, nil, "10.0.0.1:0"},

		{"nothing", proxy, nil, nil, ""},
		{"empty", proxy, []string{""}, nil, ""},
		{"unknown", proxy, []string{"for=unknown"}, nil, ""},
		{"obfuscated", proxy, []string{"for=_hidden"}, nil, ""},
		{"unknown nearest", proxy, []string{"for=10.0.0.1, for=unknown"}, nil, ""},
		{"no for", proxy, []string{"proto=https"}, nil, ""},
		{"no for nearest", proxy, []string{"for=10.0.0.1, proto=https"}, nil, ""},
		{"twice in one element", proxy, []string{"for=10.0.0.9;for=10.0.0.1"}, nil, ""},
		{"twice in two cases", proxy, []string{"for=10.0.0.9;FOR=10.0.0.1"}, nil, ""},
		{"only proxies", proxy, []string{"for=192.0.2.7"}, nil, ""},
		{"bare IPv6", proxy, []string{"for=2001:db8::1"}, nil, ""},
		{"quoted IPv6 without brackets", proxy, []string{`for="2001:db8::1"`}, nil, ""},
		{"unquoted port", proxy, []string{"for=10.0.0.1:5000"}, nil, ""},
		{"brackets around IPv4", proxy, []string{`for="[10.0.0.1]"`}, nil, ""},
		{"open bracket", proxy, []string{`for="[2001:db8::1"`}, nil, ""},
		{"zone", proxy, []string{`for="[fe80::1%eth0]"`}, nil, ""},
		{"port 0", proxy, []string{`for="10.0.0.1:0"`}, nil, ""},
		{"port too big", proxy, []string{`for="10.0.0.1:65536"`}, nil, ""},
		{"signed port", proxy, []string{`for="10.0.0.1:+80"`}, nil, ""},
		{"no port after colon", proxy, []string{`for="10.0.0.1:"`}, nil, ""},
		{"empty obfuscated port", proxy, []string{`for="10.0.0.1:_"`}, nil, ""},
		{"leading zero", proxy, []string{"for=10.0.0.01"}, nil, ""},
		{"short address", proxy, []string{"for=10.1"}, nil, ""},
		{"number", proxy, []string{"for=167772161"}, nil, ""},
		{"open quote", proxy, []string{`for="10.0.0.1`}, nil, ""},
		{"quote inside", proxy, []string{`for=10.0.0.1"`}, nil, ""},
		{"empty quote", proxy, []string{`for=""`}, nil, ""},
		{"no value", proxy, []string{"for="}, nil, ""},
		{"no name", proxy, []string{"=10.0.0.1"}, nil, ""},
		{"empty element", proxy, []string{"for=10.0.0.1,"}, nil, ""},
		{"semicolon at the end", proxy, []string{"for=10.0.0.1;"}, nil, ""},
		{"space before equals", proxy, []string{"for =10.0.0.1"}, nil, ""},
		{"too long", proxy, []string{"for=10.0.0.1;x=" + strings.Repeat("a", 4096)}, nil, ""},

		{"customary", proxy, nil, []string{"10.0.0.1"}, "10.0.0.1:0"},
		{"customary list", proxy, nil, []string{"10.0.0.9, not an address,10.0.0.1 , 192.0.2.2"}, "10.0.0.1:0"},
		{"customary lines", proxy, nil, []string{"10.0.0.9", "10.0.0.1"}, "10.0.0.1:0"},
		{"customary port", proxy, nil, []string{"10.0.0.1:5000"}, "10.0.0.1:5000"},
		{"customary IPv6", proxy, nil, []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		{"customary IPv6 and port", proxy, nil, []string{"[2001:db8::1]:5000"}, "[2001:db8::1]:5000"},
		{"customary garbage", proxy, nil, []string{"10.0.0.1, garbage"}, ""},
		{"customary empty", proxy, nil, []string{"10.0.0.1,"}, ""},
		{"customary host name", proxy, nil, []string{"localhost"}, ""},
		{"both headers", proxy, []string{"for=10.0.0.1"}, []string{"10.0.0.1"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
			if tt.forwarded != nil {
				r.Header["Forwarded"] = tt.forwarded
			}
			if tt.xff != nil {
				r.Header["X-Forwarded-For"] = tt.xff
			}
			got, err := proxies.Client(r)
			if tt.want == "" {
				if err == nil {
					t.Fatalf("%s, want an error", got)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Fatalf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// Whatever the header says, the client is an address of no proxy, plain, and written in the header.
func FuzzClientAddress(f *testing.F) {
	f.Fuzz(func(t *testing.T, name bool, value string) {
		header := http.Header{"X-Forwarded-For": {value}}
		if name {
			header = http.Header{"Forwarded": {value}}
		}
		got, err := proxies.Client(&http.Request{RemoteAddr: "192.0.2.1:80", Header: header})
		if err != nil {
			return
		}
		if !got.Addr().IsValid() || got.Addr().Is4In6() || got.Addr().Zone() != "" || len(value) > 4096 {
			t.Errorf("%q gives %s", value, got)
		}
		for _, p := range proxies {
			if p.Contains(got.Addr()) {
				t.Errorf("%q gives the proxy %s", value, got)
			}
		}
		again, err := proxies.Client(&http.Request{RemoteAddr: "192.0.2.1:80", Header: http.Header{
			"X-Forwarded-For": {"8.8.8.8", strings.TrimSuffix(got.String(), ":0")},
		}})
		if got.Port() != 0 && (err != nil || again != got) {
			t.Errorf("%q gives %s, which reads back as %s, %v", value, got, again, err)
		}
	})
}
