//go:build bench

package e2e

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sample is what one round of load came to.
type sample struct {
	n        int
	rate     float64 // a second
	p50, p99 time.Duration
	cpu      time.Duration // of the server, for each
	store    time.Duration // of PostgreSQL, for each
	load     time.Duration // of the clients, for each
}

// drive has so many clients call step one after the other, each its own, for d: a closed loop.
func drive(clients int, d time.Duration, step func(client int) error) (sample, error) {
	took := make([][]time.Duration, clients)
	errs := make([]error, clients)
	start := time.Now()
	var group sync.WaitGroup
	for c := range clients {
		group.Go(func() {
			for began := start; began.Sub(start) < d; {
				if errs[c] = step(c); errs[c] != nil {
					return
				}
				now := time.Now()
				took[c] = append(took[c], now.Sub(began))
				began = now
			}
		})
	}
	group.Wait()
	elapsed := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return sample{}, err
		}
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return sample{n: len(all), rate: float64(len(all)) / elapsed.Seconds(), p50: all[len(all)/2], p99: all[len(all)*99/100]}, nil
}

// each calls do for 0 to n-1, many at once, and returns the first error.
func each(n int, do func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, 64)
	for c := range errs {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[c] == nil; i = int(next.Add(1)) - 1 {
				errs[c] = do(i)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// contender is one of several that are measured in turns.
type contender struct {
	name    string
	process *process // whose CPU counts
	clients int
	// stock, where there is one, makes before every round what the steps use up, more than the last round did.
	stock func() error
	step  func(client int) error
}

// contest runs all contenders once for warm, then each for d in every round, so that they meet the same noise of the machine.
func contest(b *testing.B, what string, rounds int, warm, d time.Duration, contenders []contender) map[string][]sample {
	b.Helper()
	for _, c := range contenders {
		progress("%s: warming up %s", what, c.name)
		c.run(b, warm)
	}
	all := map[string][]sample{}
	for round := range rounds {
		for _, c := range contenders {
			s := c.run(b, d)
			all[c.name] = append(all[c.name], s)
			progress("%s: round %d of %d, %s: %.0f/s, p50 %s, p99 %s", what, round+1, rounds, c.name, s.rate, milliseconds(s.p50), milliseconds(s.p99))
		}
	}
	return all
}

func (c contender) run(b *testing.B, d time.Duration) sample {
	b.Helper()
	if c.stock != nil {
		if err := c.stock(); err != nil {
			b.Fatalf("%s: %v", c.name, err)
		}
	}
	clients := &process{pid: os.Getpid()}
	server, store, load := c.process.cpu(b), storeCPU(b), clients.cpu(b)
	s, err := drive(c.clients, d, c.step)
	if err != nil {
		b.Fatalf("%s: %v", c.name, err)
	}
	s.cpu = (c.process.cpu(b) - server) / time.Duration(s.n)
	s.store = (storeCPU(b) - store) / time.Duration(s.n)
	s.load = (clients.cpu(b) - load) / time.Duration(s.n)
	return s
}

// median returns the median of one figure of the rounds.
func median[T float64 | time.Duration](samples []sample, figure func(sample) T) T {
	var values []T
	for _, s := range samples {
		values = append(values, figure(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// ratio is the median over the rounds of a's figure divided by b's in the same round.
func ratio[T float64 | time.Duration](a, b []sample, figure func(sample) T) float64 {
	var values []float64
	for i := range a {
		values = append(values, float64(figure(a[i]))/float64(figure(b[i])))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func rate(s sample) float64        { return s.rate }
func cpu(s sample) time.Duration   { return s.cpu }
func store(s sample) time.Duration { return s.store }
func load(s sample) time.Duration  { return s.load }
func p50(s sample) time.Duration   { return s.p50 }
func p99(s sample) time.Duration   { return s.p99 }

// storeTime is the median of PostgreSQL's time, or nothing for the store that has no process.
func storeTime(name string, samples []sample) string {
	if name == "SQLite" {
		return ""
	}
	return microseconds(median(samples, store))
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
func microseconds(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
