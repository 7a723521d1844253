//go:build bench

package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"simtrust/ca"
)

const (
	stormSize    = 15_000
	stormClients = 16
)

// unrevoked tells how many certificates are not revoked, and when the one after the first n of them was made, in milliseconds.
func (s *server) unrevoked(b *testing.B, n int) (count int, until int64) {
	b.Helper()
	db, err := sql.Open("postgres", s.database)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRowContext(b.Context(), `with good as (select c.id, c.created from ca_certificate c
			left join ca_revocation r on r.id = c.id where r.id is null)
		select count(*), coalesce((select created from good order by created, id offset $1 limit 1), 0) from good`, n).Scan(&count, &until)
	if err != nil {
		b.Fatal(err)
	}
	return count, until
}

// storm revokes in bulk what was issued first and is not revoked, as many certificates as that, and returns the job.
func (s *server) storm(b *testing.B) string {
	b.Helper()
	_, until := s.unrevoked(b, stormSize)
	body, err := json.Marshal(map[string]any{"query": ca.Query{CreatedBefore: time.UnixMilli(until).UTC()}, "reason": ca.CessationOfOperation})
	if err != nil {
		b.Fatal(err)
	}
	return s.job(b, s.post("/ca/v1/bulk-revocations", string(body)), http.StatusAccepted).ID
}

// bulkJob is a bulk revocation as the API tells of it.
type bulkJob struct {
	ID       string    `json:"id"`
	Total    int       `json:"total"`
	Done     int       `json:"done"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
}

func (s *server) job(b *testing.B, request []byte, status int) (j bulkJob) {
	b.Helper()
	line := s.wire()
	defer line.close()
	got, err := line.do(request)
	if err == nil && got.status == status {
		err = json.Unmarshal(got.body, &j)
	}
	if err != nil || got.status != status {
		b.Fatalf("bulk revocation: %d %s %v", got.status, got.body, err)
	}
	return j
}

// await polls the job until it is as it should be.
func (s *server) awaitJob(b *testing.B, id string, done func(bulkJob) bool) bulkJob {
	b.Helper()
	request := fmt.Appendf(nil, "GET /ca/v1/bulk-revocations/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", id, s.host(), s.AdminToken)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for range 5000 {
		if j := s.job(b, request, http.StatusOK); done(j) {
			return j
		}
		<-poll.C
	}
	b.Fatal("the bulk revocation does not end")
	return bulkJob{}
}

// benchStorm measures issuance beside a bulk revocation and without one, in turns.
func benchStorm(b *testing.B, s *server) {
	const rounds = 3
	if have, _ := s.unrevoked(b, 0); have <= rounds*stormSize {
		progress("storm: issuing another %d certificates", rounds*stormSize-have+1)
		s.issue(b, bankSIM, rounds*stormSize-have+1)
	}
	c := s.issuing(b, bankSIM, stormClients)
	c.run(b, time.Second)
	var calm, stormy []sample
	var pace []float64
	for round := range rounds {
		calm = append(calm, c.run(b, 2*time.Second))
		id := s.storm(b)
		s.awaitJob(b, id, func(j bulkJob) bool { return j.Done > 0 })
		stormy = append(stormy, c.run(b, 2*time.Second))
		if j := s.awaitJob(b, id, func(bulkJob) bool { return true }); !j.Finished.IsZero() {
			b.Errorf("the bulk revocation was over after %s, before the round was", j.Finished.Sub(j.Started))
		}
		j := s.awaitJob(b, id, func(j bulkJob) bool { return !j.Finished.IsZero() })
		pace = append(pace, float64(j.Total)/j.Finished.Sub(j.Started).Seconds())
		progress("storm: round %d of %d: %.0f/s, p99 %s; with a bulk revocation %.0f/s, p99 %s; %d revoked, %.0f/s", round+1, rounds, calm[round].rate,
			milliseconds(calm[round].p99), stormy[round].rate, milliseconds(stormy[round].p99), j.Total, pace[round])
	}
	b.ReportMetric(ratio(stormy, calm, p99), "p99-storm/calm")
	row := func(name string, samples []sample) []string {
		return []string{name, fmt.Sprintf("%.0f", median(samples, rate)), milliseconds(median(samples, p50)), milliseconds(median(samples, p99)),
			fmt.Sprintf("%.2f", ratio(samples, calm, p99))}
	}
	results.add(fmt.Sprintf("Certificates while %d others are revoked, bank-sim, %d clients", stormSize, stormClients),
		[]string{"", "certificates/s", "p50", "p99", "p99 against without"},
		row("without", calm), row(fmt.Sprintf("with, at %.0f revocations/s", pace[len(pace)/2]), stormy))
}
