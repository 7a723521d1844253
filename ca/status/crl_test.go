package status_test

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
)

func TestEmptyLists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.publish()
		for _, i := range w.hierarchy.Issuers {
			for n := range shards {
				list := w.crl(i.ID, n)
				if len(list.RevokedCertificateEntries) != 0 || !list.ThisUpdate.Equal(start) || !list.NextUpdate.Equal(start.Add(24*time.Hour)) {
					t.Errorf("%s %d: %v to %v, %d entries", i.ID, n, list.ThisUpdate, list.NextUpdate, len(list.RevokedCertificateEntries))
				}
				if !bytes.Equal(list.RawIssuer, i.Subject) || !bytes.Equal(list.AuthorityKeyId, i.KeyID) {
					t.Errorf("%s %d: issuer %x, key %x", i.ID, n, list.RawIssuer, list.AuthorityKeyId)
				}
				if hasEmptyRevoked(t, list) {
					t.Errorf("%s %d: the list of revoked certificates is there and empty", i.ID, n)
				}
			}
		}
	})
}

// hasEmptyRevoked walks the parts of the list that is signed.
func hasEmptyRevoked(t *testing.T, list *smx509.RevocationList) bool {
	t.Helper()
	var tbs asn1.RawValue
	unmarshal(t, list.RawTBSRevocationList, &tbs)
	for rest := tbs.Bytes; len(rest) > 0; {
		var v asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &v); err != nil {
			t.Fatal(err)
		}
		if v.Tag == asn1.TagSequence && v.Class == asn1.ClassUniversal && len(v.Bytes) == 0 {
			return true
		}
	}
	return false
}

// The flags are octets that other implementations got wrong, so they stand here in full.
func TestDistributionPointIsTheAddress(t *testing.T) {
	w := embedded(t)
	w.publish()
	for n := range shards {
		uri := address(bank, n)
		name := append([]byte{0x86, byte(len(uri))}, uri...)
		full := append([]byte{0xa0, byte(len(name))}, name...)
		point := append([]byte{0xa0, byte(len(full))}, full...)
		want := append([]byte{0x30, byte(len(point) + 3)}, append(point, 0x81, 1, 0xff)...)
		found := false
		for _, e := range w.crl(bank, n).Extensions {
			if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 28}) {
				found = true
				if !e.Critical || !bytes.Equal(e.Value, want) {
					t.Errorf("shard %d: critical %v, %x, want %x", n, e.Critical, e.Value, want)
				}
			}
			if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 27}) || e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 46}) {
				t.Errorf("shard %d speaks of delta CRLs", n)
			}
		}
		if !found {
			t.Errorf("shard %d has no distribution point", n)
		}
	}
}

func TestRevocationIsPublished(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.publish()
		before := w.crl(bank, 2)
		w.register.hold(bank, one, ca.StateIssued)
		w.register.hold(bank, two, ca.StateIssued)
		w.register.revoke(bank, 2, one, w.clock.now(), ca.Unspecified)
		w.register.revoke(bank, 2, two, w.clock.now(), ca.Superseded)
		w.clock.advance(2 * time.Second)
		w.publish()
		after := w.crl(bank, 2)
		if listed(after, one) != 0 || listed(after, two) != ca.Superseded || len(after.RevokedCertificateEntries) != 2 {
			t.Errorf("%+v", after.RevokedCertificateEntries)
		}
		for _, e := range after.RevokedCertificateEntries {
			if !e.RevocationTime.Equal(start) || e.ReasonCode == 0 && len(e.Extensions) > 0 {
				t.Errorf("%+v", e)
			}
		}
		if after.Number.Cmp(before.Number) <= 0 || !after.NextUpdate.After(before.NextUpdate) {
			t.Errorf("number %v after %v, nextUpdate %v after %v", after.Number, before.Number, after.NextUpdate, before.NextUpdate)
		}
		if other := w.crl(bank, 1); len(other.RevokedCertificateEntries) != 0 || !other.ThisUpdate.Equal(start) {
			t.Error("another shard was published")
		}
	})
}

func TestChangesWaitForEachOther(t *testing.T) {
	w := embedded(t)
	w.publish()
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 2, one, w.clock.now(), ca.Superseded)
	w.clock.advance(time.Second)
	w.publish()
	if listed(w.crl(bank, 2), one) >= 0 {
		t.Error("two lists within two seconds")
	}
	w.clock.advance(time.Second)
	w.publish()
	if listed(w.crl(bank, 2), one) < 0 {
		t.Error("not published after two seconds")
	}
}

// round publishes after some time.
func (w *world) round(after time.Duration) {
	w.t.Helper()
	w.clock.advance(after)
	w.publish()
}

func TestReRevocationHoldAndRelease(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.publish()
	w.register.revoke(bank, 3, one, w.clock.now(), ca.Superseded)
	w.register.revoke(bank, 3, two, w.clock.now(), ca.CertificateHold)
	w.round(5 * time.Second)
	if l := w.crl(bank, 3); listed(l, one) != ca.Superseded || listed(l, two) != ca.CertificateHold {
		t.Fatalf("%+v", l.RevokedCertificateEntries)
	}
	w.register.revoke(bank, 3, one, w.clock.now(), ca.KeyCompromise)
	w.register.revoke(bank, 3, two, w.clock.now(), ca.RemoveFromCRL)
	w.round(5 * time.Second)
	l := w.crl(bank, 3)
	if listed(l, one) != ca.KeyCompromise || listed(l, two) != -1 || !l.RevokedCertificateEntries[0].RevocationTime.Equal(start) {
		t.Errorf("%+v", l.RevokedCertificateEntries)
	}
	w.register.revoke(bank, 3, two, w.clock.now(), ca.KeyCompromise)
	for range 3 { // several changes between two lists: the last counts
		w.register.revoke(bank, 3, one, w.clock.now(), ca.RemoveFromCRL)
		w.register.revoke(bank, 3, one, w.clock.now(), ca.CertificateHold)
	}
	w.round(5 * time.Second)
	if l := w.crl(bank, 3); listed(l, one) != ca.CertificateHold || listed(l, two) != ca.KeyCompromise || len(l.RevokedCertificateEntries) != 2 {
		t.Errorf("%+v", l.RevokedCertificateEntries)
	}
}

// backup returns what puts the stored list of a shard back as it is now.
func (w *world) backup(issuer string, shard int64) (restore func()) {
	w.t.Helper()
	var number, change, this, next int64
	var der []byte
	err := w.db.QueryRow(w.t.Context(), `select number, change, this_update, next_update, der from status_crl where issuer = $1 and shard = $2`, issuer, shard).
		Scan(&number, &change, &this, &next, &der)
	if err != nil {
		w.t.Fatal(err)
	}
	return func() {
		err := w.db.InTx(w.t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(w.t.Context(), `update status_crl set number = $3, change = $4, this_update = $5, next_update = $6, der = $7
				where issuer = $1 and shard = $2`, issuer, shard, number, change, this, next, der)
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestRestoredUnderARunningNode puts an older list into the store: no node goes back to it, also where clocks say so, and the store
// gets a newer one at once.
func TestRestoredUnderARunningNode(t *testing.T) {
	w := embedded(t)
	w.publish()
	restore := w.backup(bank, 0)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 0, one, w.clock.now(), ca.Superseded)
	w.round(3 * time.Second)
	last := w.crl(bank, 0).Number
	restore()
	w.clock.advance(-time.Minute)
	w.publish()
	if now := w.crl(bank, 0).Number; now.Cmp(last) <= 0 {
		t.Errorf("number %v after %v", now, last)
	}
	n := w.node()
	n.publish()
	if other := n.crl(bank, 0).Number; other.Cmp(last) <= 0 {
		t.Errorf("another node serves number %v after %v", other, last)
	}
}

func TestExpiredEntriesLeave(t *testing.T) {
	w := embedded(t)
	w.publish()
	w.register.hold(bank, one, ca.StateIssued)
	w.register.expires(bank, one, start.Add(time.Hour))
	w.register.revoke(bank, 0, one, w.clock.now(), ca.Superseded)
	w.round(3 * time.Second)
	w.register.hold(bank, two, ca.StateIssued)
	turn := func(after time.Duration) *smx509.RevocationList {
		w.clock.advance(after)
		w.register.revoke(bank, 0, two, w.clock.now(), ca.Superseded)
		w.publish()
		return w.crl(bank, 0)
	}
	if l := turn(2 * time.Hour); listed(l, one) < 0 {
		t.Error("left with the first list beyond expiry")
	}
	if l := turn(22 * time.Hour); listed(l, one) < 0 {
		t.Error("left before a client that reads once per validity saw it")
	}
	if l := turn(2 * time.Hour); listed(l, one) >= 0 || listed(l, two) < 0 {
		t.Error("did not leave", l.RevokedCertificateEntries)
	}

	t.Run("after a long stop", func(t *testing.T) {
		w.register.hold(bank, three, ca.StateIssued)
		w.register.expires(bank, three, w.clock.now().Add(time.Minute))
		w.register.revoke(bank, 0, three, w.clock.now(), ca.Superseded)
		turn(3 * time.Second)
		n := w.node()
		n.round(72 * time.Hour)
		if l := n.crl(bank, 0); listed(l, three) < 0 {
			t.Error("left without a list beyond expiry")
		}
		n.round(7 * time.Hour)
		if l := n.crl(bank, 0); listed(l, three) >= 0 {
			t.Error("did not leave")
		}
	})
}

func TestPublishedAgainWithoutChanges(t *testing.T) {
	w := embedded(t)
	w.publish()
	first := w.crl(eid, 0)
	w.round(6*time.Hour - time.Second)
	if again := w.crl(eid, 0); again.Number.Cmp(first.Number) != 0 {
		t.Error("published for nothing")
	}
	w.round(time.Second)
	if again := w.crl(eid, 0); again.Number.Cmp(first.Number) <= 0 || !again.ThisUpdate.Equal(w.clock.now()) {
		t.Error("not published again")
	}
}

func TestRollOver(t *testing.T) {
	w := embedded(t)
	w.register.hold(bankOld, one, ca.StateIssued)
	w.register.revoke(bankOld, 0, one, start, ca.KeyCompromise)
	w.publish()
	if listed(w.crl(bankOld, 0), one) != ca.KeyCompromise || listed(w.crl(bank, 0), one) != -1 { // verified under each one's own key
		t.Error("the old issuer's list")
	}
	if got := w.ask(bankOld, one).says(); got != "revoked" {
		t.Error(got)
	}

	t.Run("an issuer of the same name and another key", func(t *testing.T) {
		renewed := must(newIssuer(bankOld, keys.P256))
		for n, i := range w.hierarchy.Issuers {
			if i.ID == bankOld {
				w.hierarchy.Issuers[n] = renewed
			}
		}
		last := w.crlNumber(t, bankOld, 0)
		n := w.node()
		n.round(time.Second)
		if l := n.crl(bankOld, 0); l.Number.Cmp(last) <= 0 || listed(l, one) < 0 {
			t.Errorf("number %v after %v", l.Number, last)
		}
	})
}

func (w *world) crlNumber(t *testing.T, issuer string, shard int) *big.Int {
	t.Helper()
	var number int64
	if err := w.db.QueryRow(t.Context(), `select number from status_crl where issuer = $1 and shard = $2`, issuer, int64(shard)).Scan(&number); err != nil {
		t.Fatal(err)
	}
	return big.NewInt(number)
}

// A list that is not right never takes the place of one that is.
func TestWrongListIsNotPublished(t *testing.T) {
	w := embedded(t)
	w.publish()
	first := w.crl(bank, 0)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 0, one, start, ca.KeyCompromise)
	w.clock.advance(3 * time.Second)
	w.watch()
	key := w.issuer(bank).Signer.(*seam)
	for name, spoil := range map[string]func(){
		"signed with another key": func() { key.set(nil, must(generate(keys.P256))) },
		"not signed":              func() { key.set(errors.New("session lost"), nil) },
	} {
		spoil()
		if err := w.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), bank) {
			t.Errorf("%s: %v", name, err)
		}
		if l := w.crl(bank, 0); !bytes.Equal(l.Raw, first.Raw) {
			t.Errorf("%s: the list changed", name)
		}
	}
	key.set(nil, nil)
	w.publish()
	if listed(w.crl(bank, 0), one) < 0 {
		t.Error("not published once the key was back")
	}
}

// TestImpossibleEntryIsNotPublished has the register say what no certificate can have: clients would not read the list.
func TestImpossibleEntryIsNotPublished(t *testing.T) {
	for name, revoke := range map[string]func(w *world){
		"serial number not in DER": func(w *world) {
			w.register.revoke(bank, 0, w.register.hold(bank, []byte{0, 1}, ca.StateIssued), start, ca.Superseded)
		},
		"reason beyond all": func(w *world) {
			w.register.hold(bank, one, ca.StateIssued)
			w.register.revoke(bank, 0, one, start, 200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			w.publish()
			first := w.crl(bank, 0)
			revoke(w)
			w.clock.advance(3 * time.Second)
			w.watch()
			if err := w.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), bank) {
				t.Errorf("%v", err)
			}
			if l := w.crl(bank, 0); !bytes.Equal(l.Raw, first.Raw) {
				t.Error("the list changed")
			}
		})
	}
}

func TestOneShardFailsAlone(t *testing.T) {
	w := embedded(t)
	w.issuer(bank).Signer.(*seam).set(errors.New("session lost"), nil)
	w.watch()
	if err := w.Publish(t.Context()); err == nil {
		t.Error("no error")
	}
	w.crl(eid, 3)
	if res := w.do("GET", "/crl/"+bank+"/0.crl", nil); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a list that does not exist yet: %d", res.StatusCode)
	}
}

func TestListsWithoutTheStore(t *testing.T) {
	w := embedded(t)
	w.publish()
	w.register.fail(errStore)
	err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `drop table status_crl`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour)
	if err := w.Publish(t.Context()); err == nil {
		t.Error("published without the store")
	}
	w.crl(bank, 0)
}

func TestTimesBeyond2049(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.clock.advance(time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC).Sub(start))
	w.register.expires(bank, one, w.clock.now().AddDate(1, 0, 0))
	w.register.expires(bank, two, w.clock.now().AddDate(1, 0, 0))
	w.register.revoke(bank, 0, one, w.clock.now(), ca.Superseded)
	w.clock.advance(2 * time.Second)
	w.register.revoke(bank, 0, two, w.clock.now(), ca.Superseded)
	w.publish()
	l := w.crl(bank, 0)
	if !l.ThisUpdate.Equal(w.clock.now()) || len(l.RevokedCertificateEntries) != 2 {
		t.Fatalf("%v, %+v", l.ThisUpdate, l.RevokedCertificateEntries)
	}
	if got := bytes.Count(l.RawTBSRevocationList, []byte("\x18\x0f2050")); got != 3 {
		t.Errorf("%d times beyond 2049 as GeneralizedTime", got)
	}
	if got := bytes.Count(l.RawTBSRevocationList, []byte("\x17\x0d49")); got != 1 {
		t.Errorf("%d times of 2049 as UTCTime", got)
	}
}

func TestIssuerEnded(t *testing.T) {
	w := embedded(t)
	w.publish()
	w.round(start.AddDate(30, 0, 0).Sub(start))
	if l := w.crl(bank, 0); !l.ThisUpdate.Equal(start) {
		t.Error("an issuer that has ended signed")
	}
}

func TestShardsBeyondTheConfiguration(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.revoke(bank, 17, one, start, ca.Superseded)
	w.publish()
	if listed(w.crl(bank, 17), one) < 0 {
		t.Error("a shard of before is not published")
	}
}

func TestAddresses(t *testing.T) {
	w := embedded(t)
	w.publish()
	for _, path := range []string{
		"/crl/nobody/0.crl", "/crl/" + bank + "/4.crl", "/crl/" + bank + "/-1.crl", "/crl/" + bank + "/00.crl", "/crl/" + bank + "/0",
		"/crl/" + bank + "/.crl", "/crl/" + bank + "/0.CRL", "/crl/" + bank + "/99999999999999999999.crl", "/crl/" + bank + "/0.crl/", "/crl/" + bank + "/+1.crl",
	} {
		if res := w.do("GET", path, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	res := w.do("GET", "/crl/"+bank+"/0.crl", nil)
	if again := w.do("GET", "/crl/"+bank+"/0.crl", nil, "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: %d", again.StatusCode)
	}
	if head := w.do("HEAD", "/crl/"+bank+"/0.crl", nil); head.StatusCode != http.StatusOK || head.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
}

// A tenth of the base at once, in all shards.
func TestRevocationStorm(t *testing.T) {
	w := embedded(t)
	w.publish()
	const each = 2500
	for shard := range shards {
		for n := range each {
			s := w.register.hold(bank, []byte{0x40, byte(shard), byte(n >> 8), byte(n), 1}, ca.StateIssued)
			w.register.revoke(bank, shard, s, w.clock.now(), ca.CessationOfOperation)
		}
	}
	w.round(3 * time.Second)
	for shard := range shards {
		if l := w.crl(bank, shard); len(l.RevokedCertificateEntries) != each {
			t.Errorf("shard %d: %d entries", shard, len(l.RevokedCertificateEntries))
		}
	}
}

func TestImpossibleSerial(t *testing.T) {
	w := embedded(t)
	w.register.revoke(bank, 0, w.register.hold(bank, bytes.Repeat([]byte{1}, 21), ca.StateIssued), start, ca.Superseded)
	w.watch()
	if err := w.Publish(t.Context()); err == nil || !strings.Contains(err.Error(), "CRL 0 of "+bank) {
		t.Errorf("%v", err)
	}
}

var _ status.Register = (*ca.Service)(nil)
