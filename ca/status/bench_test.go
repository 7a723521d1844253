package status_test

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkKept is an answer from the kept ones, by GET through the router. It must take at most 0.05 ms of CPU.
func BenchmarkKept(b *testing.B) {
	w := embedded(b)
	w.register.hold(bank, one, ca.StateIssued)
	w.watch()
	request := base64.StdEncoding.EncodeToString(question(w.issuer(bank), oidSHA1, nil, one))
	r := httptest.NewRequest("GET", base+"/ocsp/"+bank+"/"+url.PathEscape(request), nil)
	for b.Loop() {
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
	}
	if n := w.register.questions(); n != 1 {
		b.Fatalf("%d questions to the register", n)
	}
}

// BenchmarkFresh is an answer to a new nonce, in multiples of one signature with the same key: at most 2.
func BenchmarkFresh(b *testing.B) {
	for _, id := range []string{bank, bankSM2, eid} {
		b.Run(id, func(b *testing.B) {
			w := embedded(b)
			w.register.hold(id, one, ca.StateIssued)
			w.watch()
			i := w.issuer(id)
			request := question(i, oidSHA1, []byte("0123456789abcdef"), one)
			r := httptest.NewRequest("GET", base+"/ocsp/"+id+"/"+url.PathEscape(base64.StdEncoding.EncodeToString(request)), nil)
			var signing time.Duration
			var options crypto.SignerOpts = crypto.SHA256
			if i.Algorithm == keys.SM2 {
				options = sm2.DefaultSM2SignerOpts
			}
			for b.Loop() {
				w.handler.ServeHTTP(httptest.NewRecorder(), r)
				b.StopTimer()
				began := time.Now()
				if _, err := crypto.SignMessage(i.OCSP.Signer, rand.Reader, request, options); err != nil {
					b.Fatal(err)
				}
				signing += time.Since(began)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(signing), "signatures")
		})
	}
}

// BenchmarkPublishOne publishes one revocation where a million are listed, in 16 shards.
func BenchmarkPublishOne(b *testing.B) {
	sqldbtest.EachBench(b, []sqldb.Migrations{status.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		const parts, listed = 16, 1_000_000
		w := &world{t: b, db: db, register: newRegister(), clock: &clock{at: start}, hierarchy: newHierarchy(b)}
		w.hierarchy.Issuers = w.hierarchy.Issuers[:1]
		s, err := status.New(status.Deps{DB: db, Register: w.register, Log: slog.New(slog.DiscardHandler), Now: w.clock.now}, w.hierarchy,
			status.Config{CRL: address, Shards: parts})
		if err != nil {
			b.Fatal(err)
		}
		r := rpc.NewRouter(rpc.Config{})
		s.Mount(r)
		w.Service, w.handler = s, r
		revoke := func(n int) {
			number := binary.BigEndian.AppendUint64([]byte{0x55, 1, 2, 3, 4, 5, 6, 7}, uint64(n)*0x9e3779b97f4a7c15)
			w.register.revoke(bank, n%parts, w.register.hold(bank, number, ca.StateIssued), w.clock.now(), ca.CessationOfOperation)
		}
		for n := range listed {
			revoke(n)
		}
		w.publish()
		n := listed
		for b.Loop() {
			revoke(n)
			n++
			w.round(3 * time.Second)
		}
		b.StopTimer()
		b.ReportMetric(float64(len(w.crl(bank, 0).Raw)), "bytes/list")
	})
}
