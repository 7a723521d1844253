package tsa_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/tsa"
	"simtrust/internal/keys"
)

func TestToken(t *testing.T) {
	for _, alg := range []keys.KeyAlgorithm{keys.P256, keys.P384, keys.RSA3072, keys.SM2} {
		t.Run(string(alg), func(t *testing.T) {
			w := embedded(t, newHierarchy(t, alg, nil))
			q := newQuery()
			q.Nonce, q.Policy = big.NewInt(-77), second
			info := w.granted(w.Stamp(t.Context(), q.der(t)))
			if info.Version != 1 || !info.Policy.Equal(second) || !bytes.Equal(info.Imprint.Hash, q.Imprint.Hash) || info.Nonce.Cmp(q.Nonce) != 0 ||
				!info.Time.Equal(start) || info.Accuracy != (accuracy{Seconds: 1}) {
				t.Errorf("%+v", info)
			}
		})
	}
}

func TestImprints(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	for _, i := range []struct {
		oid  asn1.ObjectIdentifier
		size int
	}{{oidSHA256, 32}, {oidSHA384, 48}, {oidSHA512, 64}, {oidSM3, 32}} {
		for _, parameters := range []asn1.RawValue{{}, null} {
			q := newQuery()
			q.Imprint = imprint{algorithmID{i.oid, parameters}, bytes.Repeat([]byte{7}, i.size)}
			info := w.granted(w.Stamp(t.Context(), q.der(t)))
			if got, want := marshal(t, info.Imprint), marshal(t, q.Imprint); !bytes.Equal(got, want) {
				t.Errorf("%s: the imprint is %x, was %x", i.oid, got, want)
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	with := w.stamp()
	q := newQuery()
	q.CertReq = false
	without := w.Stamp(t.Context(), q.der(t))
	info := w.granted(without)
	if !info.Policy.Equal(policy) || info.Nonce != nil {
		t.Errorf("%+v", info)
	}
	if !bytes.Contains(with, w.hierarchy.TSA.Raw) || bytes.Contains(with, w.hierarchy.Roots[0]) {
		t.Error("asked for, the certificate goes along, without the root")
	}
	if bytes.Contains(without, w.hierarchy.TSA.Raw) {
		t.Error("certificates that nobody asked for")
	}
}

func TestIndependentClient(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	der, err := timestamp.CreateRequest(strings.NewReader("message"), &timestamp.RequestOptions{Hash: crypto.SHA512, Certificates: true, TSAPolicyOID: policy})
	if err != nil {
		t.Fatal(err)
	}
	got, err := timestamp.ParseResponse(w.Stamp(t.Context(), der))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Time.Equal(start) || got.Accuracy != time.Second || got.Ordering || !got.Policy.Equal(policy) || got.HashAlgorithm != crypto.SHA512 ||
		got.SerialNumber.BitLen() < 128 || len(got.Certificates) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestRefusals(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	good := newQuery().der(t)
	raw := func(content ...string) []byte { // a SEQUENCE of what is given
		body := strings.Join(content, "")
		return marshal(t, asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: []byte(body)})
	}
	sound := string(marshal(t, newQuery().Imprint))
	version := "\x02\x01\x01"
	of := func(change func(q *query)) []byte {
		q := newQuery()
		change(&q)
		return q.der(t)
	}
	long := "\x02\x81\x81" + "\x01" + strings.Repeat("\x00", 128)
	for name, c := range map[string]struct {
		der  []byte
		want int
	}{
		"nothing":                   {nil, badDataFormat},
		"text":                      {[]byte("time please"), badDataFormat},
		"cut":                       {good[:len(good)-1], badDataFormat},
		"an octet more":             {append(bytes.Clone(good), 0), badDataFormat},
		"two requests":              {append(bytes.Clone(good), good...), badDataFormat},
		"BER":                       {append([]byte{0x30, 0x80}, good[2:]...), badDataFormat},
		"a long form of the length": {append([]byte{0x30, 0x81}, good[1:]...), badDataFormat},
		"an empty sequence":         {raw(), badDataFormat},
		"huge":                      {bytes.Repeat(good, 100), badDataFormat},
		"no imprint":                {raw(version), badDataFormat},
		"an imprint of nothing":     {raw(version, "\x30\x00"), badDataFormat},
		"no version":                {raw(sound), badDataFormat},
		"version 0":                 {of(func(q *query) { q.Version = 0 }), badRequest},
		"version 2":                 {of(func(q *query) { q.Version = 2 }), badRequest},
		"a huge version":            {raw("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00", sound), badDataFormat},
		"SHA-1": {of(func(q *query) {
			q.Imprint = imprint{algorithmID{Algorithm: []int{1, 3, 14, 3, 2, 26}}, make([]byte, 20)}
		}), badAlg},
		"MD5": {of(func(q *query) {
			q.Imprint = imprint{algorithmID{Algorithm: []int{1, 2, 840, 113549, 2, 5}}, make([]byte, 16)}
		}), badAlg},
		"SHA-224":                  {of(func(q *query) { q.Imprint.Algorithm.Algorithm = []int{2, 16, 840, 1, 101, 3, 4, 2, 4} }), badAlg},
		"a digest with parameters": {of(func(q *query) { q.Imprint.Algorithm.Parameters.FullBytes = []byte{2, 1, 5} }), badAlg},
		"SHA-256 too short":        {of(func(q *query) { q.Imprint.Hash = q.Imprint.Hash[:31] }), badDataFormat},
		"SHA-256 too long":         {of(func(q *query) { q.Imprint.Hash = make([]byte, 33) }), badDataFormat},
		"SHA-256 empty":            {of(func(q *query) { q.Imprint.Hash = nil }), badDataFormat},
		"SHA-512 of 32 octets":     {of(func(q *query) { q.Imprint.Algorithm.Algorithm = oidSHA512 }), badDataFormat},
		"SHA-384 of 64 octets":     {of(func(q *query) { q.Imprint = imprint{algorithmID{Algorithm: oidSHA384}, make([]byte, 64)} }), badDataFormat},
		"SM3 of 48 octets":         {of(func(q *query) { q.Imprint = imprint{algorithmID{Algorithm: oidSM3}, make([]byte, 48)} }), badDataFormat},
		"another policy":           {of(func(q *query) { q.Policy = []int{1, 2, 3} }), unacceptedPolicy},
		"the policy's arc":         {of(func(q *query) { q.Policy = policy[:len(policy)-1] }), unacceptedPolicy},
		"a policy that is none":    {raw(version, sound, "\x06\x00"), badDataFormat},
		"an extension":             {of(func(q *query) { q.Extensions = []asn1.RawValue{{FullBytes: raw("\x06\x01\x2a\x04\x00")}} }), unacceptedExtension},
		"a critical extension":     {of(func(q *query) { q.Extensions = []asn1.RawValue{{FullBytes: raw("\x06\x01\x2a\x01\x01\xff\x04\x00")}} }), unacceptedExtension},
		"a nonce of nothing":       {raw(version, sound, "\x02\x00"), badDataFormat},
		"a nonce with zeros":       {raw(version, sound, "\x02\x02\x00\x01"), badDataFormat},
		"a nonce too long":         {raw(version, sound, long), badDataFormat},
		"certReq of 7":             {raw(version, sound, "\x01\x01\x07"), badDataFormat},
		"nonce before policy":      {raw(version, sound, "\x02\x01\x05\x06\x01\x2a"), badDataFormat},
		"two nonces":               {raw(version, sound, "\x02\x01\x05\x02\x01\x05"), badDataFormat},
	} {
		t.Run(name, func(t *testing.T) {
			if got := refused(t, w.Stamp(t.Context(), c.der)); got != c.want {
				t.Errorf("failure %d, want %d", got, c.want)
			}
		})
	}
}

func TestSerialsAreUnique(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	nodes := []*world{w, w.node(w.clock)}
	w.stamp()
	w.clock.pass(3 * time.Second) // past the bound that the second node finds
	var mu sync.Mutex
	var running sync.WaitGroup
	seen, ones := map[string]bool{}, make([]int, 136)
	const each = 150
	for _, n := range nodes {
		running.Go(func() {
			for range each {
				serial := n.granted(n.stamp()).Serial
				mu.Lock()
				seen[serial.String()] = true
				for bit := range ones {
					ones[bit] += int(serial.Bit(bit))
				}
				mu.Unlock()
				if serial.Sign() <= 0 || serial.BitLen() > 160 {
					t.Errorf("serial of %d bits", serial.BitLen())
				}
			}
		})
	}
	running.Wait()
	if len(seen) != len(nodes)*each {
		t.Errorf("%d serials for %d stamps", len(seen), len(nodes)*each)
	}
	for bit, n := range ones[:134] { // 300 flips: six deviations are 52
		if n < 98 || n > 202 {
			t.Errorf("bit %d is set %d times of 300", bit, n)
		}
	}
}

func TestAfterTheCertificate(t *testing.T) {
	short := func(c *smx509.Certificate) {
		c.NotBefore, c.NotAfter = start.Add(time.Minute), start.Add(2*time.Minute)
	}
	w := embedded(t, newHierarchy(t, keys.P256, short))
	w.wantRefused(systemFailure)
	w.clock.pass(90 * time.Second)
	w.granted(w.stamp())
	w.clock.pass(31 * time.Second)
	w.wantRefused(systemFailure)
}

// TestAfterTheIssuer: with an issuing authority between, whose certificate ends first.
func TestAfterTheIssuer(t *testing.T) {
	h := newHierarchy(t, keys.P256, nil)
	root, err := smx509.ParseCertificate(h.Roots[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := smx509.ParseCertificate(h.TSA.Raw)
	if err != nil {
		t.Fatal(err)
	}
	own := keysOf()[keys.P256]
	middleKey := newKey(keys.P256)
	middle := &smx509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Issuing"}, NotBefore: root.NotBefore,
		NotAfter: start.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign}
	middleDER, err := smx509.CreateCertificate(rand.Reader, middle, root, middleKey.Public(), own[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf.ExtraExtensions, leaf.ExtKeyUsage = []pkix.Extension{usage(true, timeStamping)}, nil
	if h.TSA.Raw, err = smx509.CreateCertificate(rand.Reader, leaf, middle, own[1].Public(), middleKey); err != nil {
		t.Fatal(err)
	}
	h.TSAChain = [][]byte{h.TSA.Raw, middleDER, h.Roots[0]}
	w := embedded(t, h)
	reply := w.stamp()
	w.granted(reply)
	if !bytes.Contains(reply, middleDER) {
		t.Error("the issuing certificate does not go along")
	}
	w.clock.pass(time.Hour + time.Second)
	w.wantRefused(systemFailure)
}

// brokenKey fails when it is told to.
type brokenKey struct {
	crypto.Signer
	broken bool
}

func (k *brokenKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if k.broken {
		return nil, errors.New("session lost")
	}
	return k.Signer.Sign(r, digest, o)
}

func TestKeyThatStopsSigning(t *testing.T) {
	h := newHierarchy(t, keys.P256, nil)
	key := &brokenKey{Signer: h.TSA.Signer}
	h.TSA.Signer = key
	w := embedded(t, h)
	w.granted(w.stamp())
	key.broken = true
	w.wantRefused(systemFailure)
	key.broken = false
	w.granted(w.stamp())
}

func TestStartRefuses(t *testing.T) {
	emailProtection := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
	for name, change := range map[string]func(c *smx509.Certificate){
		"no extended key usage": func(c *smx509.Certificate) { c.ExtraExtensions = nil },
		"not critical":          func(c *smx509.Certificate) { c.ExtraExtensions[0] = usage(false, timeStamping) },
		"not alone":             func(c *smx509.Certificate) { c.ExtraExtensions[0] = usage(true, timeStamping, emailProtection) },
		"with an unknown one":   func(c *smx509.Certificate) { c.ExtraExtensions[0] = usage(true, timeStamping, policy) },
		"another":               func(c *smx509.Certificate) { c.ExtraExtensions[0] = usage(true, emailProtection) },
		"an authority": func(c *smx509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, smx509.KeyUsageCertSign|smx509.KeyUsageDigitalSignature
		},
		"for encryption too": func(c *smx509.Certificate) { c.KeyUsage |= smx509.KeyUsageKeyEncipherment },
	} {
		wantNoStart(t, name, newHierarchy(t, keys.P256, change), config())
	}
	broken := func(change func(h *ca.Hierarchy)) *ca.Hierarchy {
		h := newHierarchy(t, keys.P256, nil)
		change(h)
		return h
	}
	wantNoStart(t, "no delegate", broken(func(h *ca.Hierarchy) { h.TSA = nil }), config())
	wantNoStart(t, "no chain", broken(func(h *ca.Hierarchy) { h.TSAChain = nil }), config())
	wantNoStart(t, "another key", broken(func(h *ca.Hierarchy) { h.TSA.Signer = newKey(keys.P256) }), config())
	wantNoStart(t, "an SM2 key", broken(func(h *ca.Hierarchy) { h.TSA.Signer = newKey(keys.SM2) }), config())
	wantNoStart(t, "a key that fails", broken(func(h *ca.Hierarchy) { h.TSA.Signer = &brokenKey{h.TSA.Signer, true} }), config())
	wantNoStart(t, "no certificate", broken(func(h *ca.Hierarchy) { h.TSA.Raw = []byte("none") }), config())
	wantNoStart(t, "another root", broken(func(h *ca.Hierarchy) { h.TSAChain[1] = newHierarchy(t, keys.P384, nil).Roots[0] }), config())
	good := newHierarchy(t, keys.P256, nil)
	wantNoStart(t, "no policy", good, tsa.Config{})
	wantNoStart(t, "an accuracy below the clock's", good, tsa.Config{Policies: config().Policies, Accuracy: 499 * time.Millisecond})
	wantNoStart(t, "an accuracy of microseconds", good, tsa.Config{Policies: config().Policies, Accuracy: 1500*time.Millisecond + 1})
}

func wantNoStart(t *testing.T, name string, h *ca.Hierarchy, c tsa.Config) {
	t.Helper()
	if _, err := tsa.New(t.Context(), tsa.Deps{Clock: &clock{wall: start}}, h, c); err == nil {
		t.Errorf("%s: it starts", name)
	}
}

func TestAccuracy(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	for claimed, want := range map[time.Duration]accuracy{
		500 * time.Millisecond: {Millis: 500}, 2 * time.Second: {Seconds: 2}, 1500 * time.Millisecond: {Seconds: 1, Millis: 500},
	} {
		c := config()
		c.Accuracy = claimed
		var err error
		if w.Service, err = tsa.New(t.Context(), w.deps(), w.hierarchy, c); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(3 * time.Second) // past the bound of the one before
		if got := w.granted(w.stamp()).Accuracy; got != want {
			t.Errorf("%v: %+v", claimed, got)
		}
	}
}

func TestHTTP(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	server := httptest.NewServer(w.handler)
	defer server.Close()
	send := func(method, media string, body []byte) (*http.Response, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+tsa.Path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", media)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, answer
	}
	const media = "application/timestamp-query"
	good := newQuery().der(t)
	res, reply := send(http.MethodPost, media+"; charset=binary", good)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/timestamp-reply" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	w.granted(reply)
	for name, body := range map[string][]byte{"empty": nil, "text": []byte("x"), "large": make([]byte, 1<<16)} {
		res, reply := send(http.MethodPost, media, body)
		if res.StatusCode != http.StatusOK || refused(t, reply) != badDataFormat {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res, _ := send(http.MethodPost, media, make([]byte, 200<<10)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("200 KB: %d", res.StatusCode)
	}
	if res, _ := send(http.MethodPost, "application/octet-stream", good); res.StatusCode != http.StatusBadRequest {
		t.Errorf("another media type: %d", res.StatusCode)
	}
	if res, _ := send(http.MethodPost, "", good); res.StatusCode != http.StatusBadRequest {
		t.Errorf("no media type: %d", res.StatusCode)
	}
	if res, _ := send(http.MethodGet, "", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", res.StatusCode)
	}
}
