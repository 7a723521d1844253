// Package e2e holds the end-to-end tests: they start the normal binary and meet it with independent peers (radclient, openid-client,
// go-oidc, Chromium), with attacks, and with kill -9. They run under make e2e, behind the build tag e2e; the figures of
// docs/benchmarks.md come from the benchmarks here, behind the tag bench.
package e2e
