package ca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkIssue issues enterprise certificates: CSR check, lint, durable record, signature, durable outcome. It reports
// certificates a second and CPU milliseconds of this process for each; PostgreSQL runs with SIMTRUST_TEST_POSTGRES.
func BenchmarkIssue(b *testing.B) {
	sqldbtest.EachBench(b, []sqldb.Migrations{ca.Migrations(), outbox.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("p256/callers=%d", callers), func(b *testing.B) { benchmarkIssue(b, w, elliptic.P256(), "enterprise", callers) })
		}
		b.Run("sm2/callers=64", func(b *testing.B) { benchmarkIssue(b, w, sm2.P256(), "bank-sim", 64) })
	})
}

func benchmarkIssue(b *testing.B, w *world, curve elliptic.Curve, profile string, callers int) {
	der, _ := request(b, curve, nil)
	req := ca.IssueReq{Profile: profile, CSR: der, Subject: ca.Subject{Country: "CN", Organization: "示例科技有限公司", CommonName: "示例"}}
	if profile == "bank-sim" {
		req.Tenure, req.RelyingParty = w.hold(), "bank.example"
	}
	cpu := processCPU()
	began := time.Now()
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := w.Issue(b.Context(), req); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "certs/s")
	b.ReportMetric(float64((processCPU()-cpu).Microseconds())/1000/float64(b.N), "cpu-ms/cert")
}

// processCPU is the time this process has computed, in user and system mode.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRaw is the floor: x509.CreateCertificate alone, with a P-256 key.
func BenchmarkRaw(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"CN"}, CommonName: "示例"}, NotBefore: start, NotAfter: start.AddDate(2, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, SubjectKeyId: make([]byte, 20), OCSPServer: []string{"http://ca.example/ocsp/x"},
	}
	for b.Loop() {
		if _, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
			b.Fatal(err)
		}
	}
}
