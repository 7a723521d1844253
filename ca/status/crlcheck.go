package status

import (
	"bytes"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// head is the row of a published list without the list.
type head struct {
	key        shardKey
	number     int64
	change     int64
	this, next time.Time
}

// clockSkew is by how much the clocks of nodes may differ.
const clockSkew = time.Minute

// ahead says that a list is from the future: a clock that jumped dated it, nobody may use it yet, and what it left out as expired may
// not be.
func (h head) ahead(now time.Time) bool { return h.this.After(now.Add(clockSkew)) }

// readBack is what a CRL says, as far as publication depends on it.
type readBack struct {
	tbs, algorithm, issuer, signature []byte
	this, next                        time.Time
	revoked                           cryptobyte.String // entries
	number                            int64
	distribution                      []byte
}

// checkCRL holds a list against what it must be before anybody sees it: by the issuer's key and name, numbered and dated as
// said, for this address alone, with just these entries.
func (a *authority) checkCRL(der []byte, want crl) error {
	r, err := a.readOwn(der, want.address)
	switch {
	case err != nil:
		return err
	case r.number != want.number || !r.this.Equal(want.this) || !r.next.Equal(want.next):
		return errors.New("the list's number or times are not as they should be")
	case !lists(r.revoked, want.entries):
		return errors.New("the list does not have the register's entries")
	}
	return nil
}

// readOwn reads a list that must be the issuer's own, for that address.
func (a *authority) readOwn(der []byte, address string) (readBack, error) {
	r, err := readCRL(der)
	if err != nil {
		return r, err
	}
	var point cryptobyte.Builder
	distributionPoint(address)(&point)
	switch {
	case !bytes.Equal(r.issuer, a.subject):
		return r, errors.New("the list is of another issuer")
	case !bytes.Equal(r.algorithm, a.lists.Identifier()) || !a.lists.Verify(a.lists.public, r.tbs, r.signature):
		return r, errors.New("the list's signature does not verify under the issuer's certificate")
	case !bytes.Equal(r.distribution, point.BytesOrPanic()):
		return r, errors.New("the list's distribution point is not its address")
	}
	return r, nil
}

// succeeds says whether a list may stand in the place of the one before.
func (h head) succeeds(before head) error {
	switch {
	case h.number <= before.number:
		return errors.New("the list's number does not rise")
	case !h.next.After(before.next) || h.this.Before(before.this):
		return errors.New("the list is not valid longer than the one before")
	case h.change < before.change:
		return errors.New("the list lacks changes that the one before has")
	}
	return nil
}

var errNotCRL = errors.New("not a CRL of ours")

func readCRL(der []byte) (r readBack, err error) {
	in := cryptobyte.String(der)
	var outer, signed, tbs, algorithm, inner, issuer, revoked, extensions cryptobyte.String
	var version int
	var listed bool
	ok := in.ReadASN1(&outer, tag.SEQUENCE) && in.Empty() && outer.ReadASN1Element(&signed, tag.SEQUENCE) &&
		outer.ReadASN1Element(&algorithm, tag.SEQUENCE) && outer.ReadASN1BitStringAsBytes(&r.signature) && outer.Empty()
	if !ok {
		return r, errNotCRL
	}
	r.tbs, r.algorithm = signed, algorithm
	ok = signed.ReadASN1(&tbs, tag.SEQUENCE) && tbs.ReadASN1Integer(&version) && version == 1 &&
		tbs.ReadASN1Element(&inner, tag.SEQUENCE) && bytes.Equal(inner, algorithm) && tbs.ReadASN1Element(&issuer, tag.SEQUENCE) &&
		readTime(&tbs, &r.this) && readTime(&tbs, &r.next) && tbs.ReadOptionalASN1(&revoked, &listed, tag.SEQUENCE) &&
		tbs.ReadASN1(&extensions, explicit(0)) && tbs.Empty() && listed == !revoked.Empty()
	if !ok {
		return r, errNotCRL
	}
	r.issuer, r.revoked = issuer, revoked
	if !eachExtension(extensions, r.extension) {
		return r, errNotCRL
	}
	return r, nil
}

func (r *readBack) extension(oid []byte, critical bool, value cryptobyte.String) bool {
	switch {
	case bytes.Equal(oid, oidCRLNumber):
		return !critical && value.ReadASN1Integer(&r.number) && value.Empty()
	case bytes.Equal(oid, oidDistribution):
		r.distribution = value
		return critical
	}
	return !critical
}

func readTime(in *cryptobyte.String, t *time.Time) bool {
	if in.PeekASN1Tag(tag.UTCTime) {
		return in.ReadASN1UTCTime(t)
	}
	return in.ReadASN1GeneralizedTime(t)
}

// lists says whether revokedCertificates has these entries, in this order, and no others: serial numbers and reasons, read as clients
// read them.
func lists(revoked cryptobyte.String, entries []entry) bool {
	for i := range entries {
		var one, serial, when, extensions cryptobyte.String
		ok := revoked.ReadASN1(&one, tag.SEQUENCE) && one.ReadASN1(&serial, tag.INTEGER) && minimal(serial) && bytes.Equal(serial, entries[i].number()) &&
			one.ReadAnyASN1(&when, nil) && one.ReadOptionalASN1(&extensions, nil, tag.SEQUENCE) && one.Empty()
		if !ok || readReason(extensions) != int(entries[i].reason) {
			return false
		}
	}
	return revoked.Empty()
}

// readReason reads the one extension that entries have, of which none is unspecified; -1: it is something else.
func readReason(extensions cryptobyte.String) int {
	var one, oid, value cryptobyte.String
	var reason int
	switch {
	case extensions.Empty():
		return 0
	case extensions.ReadASN1(&one, tag.SEQUENCE) && extensions.Empty() && one.ReadASN1(&oid, tag.OBJECT_IDENTIFIER) && bytes.Equal(oid, oidReason) &&
		one.ReadASN1(&value, tag.OCTET_STRING) && one.Empty() && value.ReadASN1Enum(&reason) && value.Empty() && reason != 0:
		return reason
	}
	return -1
}
