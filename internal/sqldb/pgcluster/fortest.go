//go:build unix

package pgcluster

import "testing"

// ForTest starts a durable cluster that ends with the test, for tests that crash it.
func ForTest(t testing.TB) *Cluster {
	t.Helper()
	c, err := Start(true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}
