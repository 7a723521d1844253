//go:build e2e

package e2e

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// nodes are two servers of one deployment: one store, one data folder, one hierarchy.
type nodes struct {
	*office
	all     []*sandbox
	configs []string
}

func newNodes(t *testing.T) *nodes {
	t.Helper()
	n := &nodes{office: newOffice(t)}
	n.ceremony()
	data, database := t.TempDir(), newDatabase(t)
	secret := n.file("gateway.secret", random())
	for number := range 2 {
		n.configs = append(n.configs, n.file(fmt.Sprintf("node%d.yaml", number), fmt.Sprintf(`listen: 127.0.0.1:0
data: %s
database: "%s"
log: {level: warn}
authn:
  radius: {listen: 127.0.0.1:0, nas: [{name: gateway, address: 127.0.0.1/32, secret_file: %s, interim: 60s}]}
ca: {dir: %s, base_url: "http://ca.example", node: %d}
`, data, database, secret, filepath.Join(n.dir, "ca"), number+1)))
		n.all = append(n.all, &sandbox{dir: data})
	}
	n.must(binary(t), "migrate", "--config", n.configs[0])
	for number := range n.all {
		n.start(number)
	}
	n.trust(n.all[0])
	return n
}

func (n *nodes) start(number int) {
	n.t.Helper()
	s := n.all[number]
	s.serve(n.t, n.configs[number], nil)
	token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
	if err != nil {
		n.t.Fatal(err)
	}
	s.AdminToken = strings.TrimSpace(string(token))
}

// lists reads the CRLs that a node serves. It holds numbers against what was served under them before.
type lists struct {
	t       *testing.T
	seen    map[string][]byte // issuer's shard and number
	numbers map[string]*big.Int
}

// fetch returns the lists of all shards of the issuer of services; nil: the node does not serve them now.
func (l *lists) fetch(s *sandbox) (all []*x509.RevocationList) {
	l.t.Helper()
	for shard := range 16 {
		res, err := http.Get(fmt.Sprintf("%s/crl/service-p256/%d.crl", s.Issuer, shard))
		if err != nil {
			return nil
		}
		der, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			return nil
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			l.t.Fatal(err)
		}
		all = append(all, list)
	}
	return all
}

// read checks the lists and returns how many certificates are revoked in them.
func (l *lists) read(s *sandbox) (revoked int) {
	l.t.Helper()
	for shard, list := range l.fetch(s) {
		id := fmt.Sprintf("shard %d number %v", shard, list.Number)
		if other, ok := l.seen[id]; ok && !bytes.Equal(other, list.Raw) {
			l.t.Errorf("two lists are %s", id)
		}
		l.seen[id] = list.Raw
		at := fmt.Sprintf("%s %d", s.Issuer, shard)
		if last := l.numbers[at]; last != nil && list.Number.Cmp(last) < 0 {
			l.t.Errorf("%s went from number %v to %v", at, last, list.Number)
		}
		l.numbers[at] = list.Number
		revoked += len(list.RevokedCertificateEntries)
	}
	return revoked
}

// ahead reports whether all numbers are above those read before.
func (l *lists) ahead(s *sandbox) bool {
	l.t.Helper()
	all := l.fetch(s)
	for shard, list := range all {
		if list.Number.Cmp(l.numbers[fmt.Sprintf("%s %d", s.Issuer, shard)]) <= 0 {
			return false
		}
	}
	return all != nil
}

func newLists(t *testing.T) *lists {
	return &lists{t: t, seen: map[string][]byte{}, numbers: map[string]*big.Int{}}
}

// TestRollingDeploy replaces both nodes one after the other, once politely and once by kill -9, while both issue and revoke. No serial
// number is there twice, each revocation is seen on both nodes, no CRL number goes back or stands for two lists, and the log has
// everything.
func TestRollingDeploy(t *testing.T) {
	n := newNodes(t)
	var over atomic.Bool
	var mu sync.Mutex
	serials := map[string]string{} // of issued certificates, to their files
	var load sync.WaitGroup
	for number := range n.all {
		load.Go(func() {
			for i := 0; !over.Load(); i++ {
				file := fmt.Sprintf("%d-%d.pem", number, i)
				mu.Lock()
				s := *n.all[number]
				mu.Unlock()
				if _, err := n.issue(&s, file); err != nil {
					continue // the node is being replaced
				}
				serial := strings.TrimSpace(n.must("openssl", "x509", "-in", file, "-noout", "-serial"))
				mu.Lock()
				if other, twice := serials[serial]; twice {
					t.Errorf("%s is in %s and %s", serial, other, file)
				}
				serials[serial] = file
				mu.Unlock()
			}
		})
	}
	issued := func(at int) {
		t.Helper()
		await(t, "certificates are issued", func() bool { mu.Lock(); defer mu.Unlock(); return len(serials) >= at })
	}
	l := newLists(t)
	issued(10)
	l.read(n.all[0])
	for number, s := range n.all {
		if number == 0 {
			s.stop(t)
		} else {
			s.kill()
		}
		mu.Lock()
		n.start(number)
		more := len(serials) + 10
		mu.Unlock()
		issued(more)
		l.read(n.all[0])
	}
	over.Store(true)
	load.Wait()

	revoke := slices.Sorted(maps.Keys(serials))[:8]
	for i, serial := range revoke {
		id := "service-p256." + strings.ToLower(strings.TrimPrefix(serial, "serial="))
		n.must(binary(t), "ca", "revoke", id, "--reason", "superseded", "--server", n.all[i%2].Issuer, "--token", n.all[i%2].AdminToken)
	}
	for _, s := range n.all {
		file := serials[revoke[0]]
		await(t, "the status on both nodes", func() bool { return strings.Contains(n.status(s, file), file+": revoked") })
		await(t, "the CRLs of both nodes", func() bool { return l.read(s) == len(revoke) })
	}
	if out := n.must(binary(t), "ca", "audit", "--quiet", "--patience", "60s", "--server", n.all[0].Issuer, "--token", n.all[0].AdminToken); !strings.Contains(out, "all agrees") {
		t.Error(out)
	}
}
