package acme

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"time"

	"simtrust/internal/sqldb"
)

// A nonce is its end in milliseconds, random octets, and a MAC over both. It is stored when it is spent.
const (
	nonceEnd    = 8
	nonceRandom = 16
	nonceMAC    = 16
)

type nonces struct {
	key    []byte
	now    func() time.Time
	spends *sqldb.Coalescer[spend, bool]
}

// spend is a nonce that a request used.
type spend struct {
	nonce   string
	expires time.Time
}

func newNonces(db *sqldb.DB, secret []byte, now func() time.Time) *nonces {
	return &nonces{key: derive(secret, "acme nonce"), now: now, spends: sqldb.NewCoalescer(db, "acme.nonce", spendNonces)}
}

func derive(secret []byte, label string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(label))
	return mac.Sum(nil)
}

func (n *nonces) fresh() string {
	raw := make([]byte, nonceEnd+nonceRandom, nonceEnd+nonceRandom+nonceMAC)
	binary.BigEndian.PutUint64(raw, uint64(n.now().Add(nonceLife).UnixMilli()))
	_, _ = rand.Read(raw[nonceEnd:]) // never fails
	return encode(append(raw, n.mac(raw)...))
}

func (n *nonces) mac(raw []byte) []byte {
	m := hmac.New(sha256.New, n.key)
	m.Write(raw)
	return m.Sum(nil)[:nonceMAC]
}

func badNonce(detail string) *problem {
	return newProblem(http.StatusBadRequest, "badNonce", detail)
}

// spend uses a nonce up, durably. Errors: badNonce; what the store says.
func (n *nonces) spend(ctx context.Context, nonce string) error {
	raw, ok := decode(nonce)
	if !ok || len(raw) != nonceEnd+nonceRandom+nonceMAC || !hmac.Equal(n.mac(raw[:nonceEnd+nonceRandom]), raw[nonceEnd+nonceRandom:]) {
		return badNonce("the nonce is not one of this server")
	}
	end := time.UnixMilli(int64(binary.BigEndian.Uint64(raw)))
	if !n.now().Before(end) {
		return badNonce("the nonce is too old")
	}
	switch won, err := n.spends.Do(ctx, spend{nonce, end}); {
	case err != nil:
		return err
	case !won:
		return badNonce("the nonce was used before")
	}
	return nil
}
