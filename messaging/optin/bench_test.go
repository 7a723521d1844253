package optin_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/optin"
	"simtrust/renumber"
)

const crowd = 10_000

var service = optin.Question{Chatbot: bank, Class: optin.ClassService}

// BenchmarkRecipients resolves 10,000 numbers for one message.
func BenchmarkRecipients(b *testing.B) {
	withCrowd(b, func(b *testing.B, w *world, numbers []simtrust.Number) {
		for b.Loop() {
			got, err := w.Recipients(b.Context(), service, numbers)
			if err != nil || slices.ContainsFunc(got, func(r optin.Recipient) bool { return r.Err != nil }) {
				b.Fatalf("not everybody is a recipient: %v", err)
			}
		}
		b.ReportMetric(crowd*float64(b.N)/b.Elapsed().Seconds(), "numbers/s")
	})
}

// BenchmarkStill asks of 1,000 tenures, a page as it goes to a bearer.
func BenchmarkStill(b *testing.B) {
	withCrowd(b, func(b *testing.B, w *world, numbers []simtrust.Number) {
		found, err := w.Recipients(b.Context(), service, numbers[:renumber.MaxPage])
		if err != nil {
			b.Fatal(err)
		}
		tenures := make([]simtrust.TenureID, len(found))
		for i, r := range found {
			tenures[i] = r.Tenure
		}
		for b.Loop() {
			if _, err := w.Still(b.Context(), service, tenures); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(tenures)*b.N)/b.Elapsed().Seconds(), "tenures/s")
	})
}

// BenchmarkOptIn uploads a list of 10,000 numbers, 256 at once.
func BenchmarkOptIn(b *testing.B) {
	withCrowd(b, func(b *testing.B, w *world, numbers []simtrust.Number) {
		round := 0
		for b.Loop() {
			round++
			w.upload(fmt.Sprintf("bot_%d", round), numbers)
		}
		b.ReportMetric(crowd*float64(b.N)/b.Elapsed().Seconds(), "opt-ins/s")
	})
}

// withCrowd runs a benchmark over 10,000 people who all let one chatbot in.
func withCrowd(b *testing.B, fn func(b *testing.B, w *world, numbers []simtrust.Number)) {
	sqldbtest.EachBench(b, schemas(), func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db, optin.Config{})
		numbers := make([]simtrust.Number, crowd)
		events := make([]renumber.FeedEvent, crowd)
		for i := range numbers {
			text := fmt.Sprintf("+86139%08d", i)
			numbers[i], events[i] = number(b, text), feed(renumber.Assign, text, text, day(5))
			events[i].Seq = int64(i + 1)
		}
		for page := range slices.Chunk(events, renumber.MaxBatch) {
			if _, err := w.renumber.Feed(b.Context(), renumber.FeedReq{Source: "crowd", Events: page}); err != nil {
				b.Fatal(err)
			}
		}
		w.upload(bank, numbers)
		fn(b, w, numbers)
	})
}

// upload states opt-ins for numbers, 256 at once.
func (w *world) upload(chatbot string, numbers []simtrust.Number) {
	var wg sync.WaitGroup
	for some := range slices.Chunk(numbers, (len(numbers)+255)/256) {
		wg.Go(func() {
			for _, n := range some {
				if _, err := w.OptIn(w.t.Context(), optin.OptIn{Chatbot: chatbot, Number: n}); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
