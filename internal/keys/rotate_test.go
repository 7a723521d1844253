package keys_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/keys"
)

func TestRotateMovesTheStatesOn(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	order, was := states(ring)
	if !slices.Equal(order, []keys.State{keys.Next, keys.Active}) {
		t.Fatalf("a new ring has %v", order)
	}
	now.Advance(time.Minute)
	rotate(t, ring)
	order, is := states(ring)
	if !slices.Equal(order, []keys.State{keys.Next, keys.Active, keys.Retired}) {
		t.Fatalf("after a rotation: %v", order)
	}
	if is[keys.Active] != was[keys.Next] || is[keys.Retired] != was[keys.Active] || is[keys.Next] == was[keys.Next] {
		t.Errorf("keys did not move next → active → retired: %v to %v", was, is)
	}
	retired := ring.Keys()[2]
	if !retired.Activated.Equal(now.Now().Add(-time.Minute)) || !retired.Retired.Equal(now.Now()) ||
		!retired.Expires.Equal(now.Now().Add(time.Hour)) {
		t.Errorf("instants of the retired key: %+v", retired)
	}
}

func TestRetiredKeyVerifiesUntilItExpires(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	signed := token(t, ring, now)
	_, was := states(ring)
	rotate(t, ring)
	_, etag := ring.JWKS()

	now.Advance(time.Hour - time.Millisecond)
	if err := verify(ring, now, signed); err != nil {
		t.Errorf("just before the key expires: %v", err)
	}
	now.Advance(time.Millisecond)
	if err := verify(ring, now, signed); simtrust.ReasonOf(err) != keys.ReasonUnknownKey {
		t.Errorf("once the key has expired: %v", err)
	}
	now.Advance(time.Second)
	if slices.Contains(published(t, ring), was[keys.Active]) {
		t.Error("an expired key is still published")
	}
	if _, later := ring.JWKS(); later == etag {
		t.Error("the entity tag did not change with the key set")
	}
}

func TestRetiredPrivateKeyIsDestroyed(t *testing.T) {
	p, _ := newPlace(t)
	ring := p.open(t)
	_, was := states(ring)
	rotate(t, ring)
	if _, err := os.Stat(filepath.Join(p.dir, was[keys.Active]+".key")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the private key of a retired key is still there: %v", err)
	}
}

func TestNextKeyMustHaveBeenPublished(t *testing.T) {
	p, now := newPlace(t)
	p.opts.Lead = 10 * time.Minute
	ring := p.open(t)
	_, before := ring.JWKS()
	now.Advance(10*time.Minute - time.Millisecond)
	err := ring.Rotate(t.Context())
	if !errors.Is(err, &simtrust.Error{Kind: simtrust.KindConflict, Reason: keys.ReasonTooSoon}) {
		t.Fatalf("too soon: %v", err)
	}
	if _, after := ring.JWKS(); after != before {
		t.Error("a refused rotation changed the key set")
	}
	now.Advance(time.Millisecond)
	rotate(t, ring)
}

func TestOtherNodeFollows(t *testing.T) {
	p, now := newPlace(t)
	a, b := p.open(t), p.open(t)
	b.Keys() // b has just looked
	rotate(t, a)
	if err := verify(b, now, token(t, a, now)); err != nil {
		t.Errorf("a key that was next when b last looked: %v", err)
	}
	rotate(t, a)
	rotate(t, a)
	if err := verify(b, now, token(t, a, now)); err != nil {
		t.Errorf("a key that b has never seen: %v", err)
	}
	rotate(t, a)
	now.Advance(time.Second)
	_, fromA := a.JWKS()
	if _, fromB := b.JWKS(); fromA != fromB {
		t.Error("b did not follow within a second")
	}
	rotate(t, b)
	if err := verify(a, now, token(t, b, now)); err != nil {
		t.Errorf("a token of the node that followed: %v", err)
	}
}

func TestSigningGoesOnDuringRotations(t *testing.T) {
	p, now := newPlace(t)
	nodes := []*keys.Ring{p.open(t), p.open(t)}
	done := make(chan struct{})
	var signers, rotators sync.WaitGroup
	for i := range 4 {
		signers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := verify(nodes[(i+1)%2], now, token(t, nodes[i%2], now)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, ring := range nodes {
		rotators.Go(func() {
			for range 4 {
				if err := ring.Rotate(context.Background()); err != nil {
					t.Error(err)
				}
				now.Advance(2 * time.Second)
			}
		})
	}
	rotators.Wait()
	close(done)
	signers.Wait()
	if order, _ := states(p.open(t)); len(order) < 2+4 || len(order) > 2+8 {
		t.Errorf("8 rotations by two nodes at once, at least 4 of them one after the other, left %v", order)
	}
}

func TestLostDirectoryStopsRotationNotSigning(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	if err := ring.Check(t.Context()); err != nil {
		t.Fatalf("a sound ring: %v", err)
	}
	if err := os.Rename(p.dir, p.dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := ring.Rotate(t.Context()); err == nil {
		t.Error("rotated without a directory")
	}
	if err := ring.Check(t.Context()); err == nil {
		t.Error("the check does not report the missing directory")
	}
	now.Advance(time.Minute)
	if err := verify(ring, now, token(t, ring, now)); err != nil {
		t.Errorf("signing without the directory: %v", err)
	}
	if err := os.Rename(p.dir+"-away", p.dir); err != nil {
		t.Fatal(err)
	}
	if err := ring.Check(t.Context()); err != nil {
		t.Errorf("the directory is back: %v", err)
	}
}

// A crash leaves the ring before ring.json was replaced, with a new key file that nothing names, or after it, with the file
// of a key that is retired.
func TestRotationInterrupted(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	before := readDir(t, p.dir)
	rotate(t, ring)
	after := readDir(t, p.dir)
	for name, ringFile := range map[string][]byte{"before the switch": before["ring.json"], "after it": after["ring.json"]} {
		t.Run(name, func(t *testing.T) {
			crashed := place{dir: t.TempDir(), opts: p.opts}
			for _, files := range []map[string][]byte{before, after} {
				writeDir(t, crashed.dir, files)
			}
			writeDir(t, crashed.dir, map[string][]byte{"ring.json": ringFile, ".tmp-1": ringFile[:len(ringFile)/2]})
			again := crashed.open(t)
			if err := verify(again, now, token(t, ring, now)); err != nil {
				t.Errorf("a token of the interrupted node: %v", err)
			}
			rotate(t, again)
			_, is := states(again)
			want := []string{is[keys.Active] + ".key", is[keys.Next] + ".key", "lock", "ring.json", "root.jwe"}
			slices.Sort(want)
			var left []string
			for name := range readDir(t, crashed.dir) {
				left = append(left, name)
			}
			if slices.Sort(left); !slices.Equal(left, want) {
				t.Errorf("left after the next rotation: %v, want %v", left, want)
			}
		})
	}
}

func readDir(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = data
	}
	return files
}

func writeDir(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Replication may bring ring.json before the key file it names: the replica waits, on the keys it has.
func TestReplicaWaitsForTheKeyFile(t *testing.T) {
	p, now := newPlace(t)
	source := p.open(t)
	replica := place{dir: t.TempDir(), opts: p.opts}
	writeDir(t, replica.dir, readDir(t, p.dir))
	copied := replica.open(t)
	rotate(t, source)
	files := readDir(t, p.dir)
	writeDir(t, replica.dir, map[string][]byte{"ring.json": files["ring.json"]})
	if err := copied.Check(t.Context()); simtrust.ReasonOf(err) != keys.ReasonDamaged {
		t.Errorf("ring.json without its key file: %v", err)
	}
	if err := verify(source, now, token(t, copied, now)); err != nil {
		t.Errorf("a token of the waiting replica: %v", err)
	}
	writeDir(t, replica.dir, files)
	if err := copied.Check(t.Context()); err != nil {
		t.Errorf("the key file is there: %v", err)
	}
	if err := verify(copied, now, token(t, source, now)); err != nil {
		t.Errorf("a token of the source: %v", err)
	}
}
