# make test   everything CI runs: set-up, linters, unit and store tests with -race, end-to-end tests against the binary
# make bench  the figures of docs/benchmarks.md
# make run    the sandbox

GO ?= go
# the tests that meet foreign programs, and their packages
PEER_FILES := $(shell grep -rl --include='*_test.go' '^//go:build e2e' .)
PEERS := $(sort $(dir $(PEER_FILES)))
PEER_TESTS := $(shell grep -oh '^func Test[A-Za-z0-9_]*' $(PEER_FILES) | cut -c6- | sort -u | paste -sd '|')
PG := $(GO) run ./internal/sqldb/pgtest
# SQLite is C turned into Go, and its locking the driver's affair: watching its every byte for races would take three quarters of the time
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

.PHONY: test setup lint unit e2e bench run
test: setup lint unit e2e

setup:
	@scripts/setup

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)" || { echo "run gofmt -w on the files above"; exit 1; }
	$(GO) vet ./... && $(GO) vet -tags e2e,bench ./internal/e2e/
	$(GO) build -C tools -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/staticcheck -tags e2e,bench ./...
	$(GO) mod tidy -diff

# Four packages at a time: much of a store test is waiting for the store.
unit:
	$(PG) -durable=false -- $(GO) test $(RACE) -shuffle=on -p 4 -timeout 40m ./...
	$(GO) test -tags nopkcs11 -run TokenWithoutCgo ./internal/keys

# Four at a time of those that may: they wait for servers and for leases of the killed.
e2e:
	$(GO) build -o bin/simtrust ./cmd/simtrust
	$(PG) -durable=false -- $(GO) test -tags e2e -count=1 -parallel 4 -timeout 40m -v -run '^($(PEER_TESTS))$$' $(PEERS)

bench:
	@scripts/setup-bench
	$(PG) -- $(GO) test -tags bench -count=1 -v -timeout 30m -run '^$$' -bench . -benchtime 1x ./internal/e2e/

run:
	$(GO) run ./cmd/simtrust sandbox
