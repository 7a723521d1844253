package tlog

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// Register is what ca keeps (ca.Service).
type Register interface {
	// AuditHead returns the length of the audit chain and its last hash.
	AuditHead(ctx context.Context) (size int64, hash []byte, err error)
	// Audit returns up to limit entries of the chain after a sequence number, in order.
	Audit(ctx context.Context, after int64, limit int) ([]ca.AuditEntry, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Register Register
	Log      *slog.Logger
	Now      func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Dir is the folder of the log, shared by all nodes or on one of them.
	Dir string
	// Origin names the log for ever: its address without scheme. Spaces and plus signs may not be in it.
	Origin string
	// Seed is the private key of the checkpoints, 32 octets of Ed25519 (RFC 8032).
	Seed []byte
}

// Fixed times, as doc.go promises them.
const (
	leaseTime       = 4 * time.Second
	leaseLeft       = 2 * time.Second // renewed when less is left
	clockSkew       = time.Minute     // by how much the clocks of nodes may differ
	pollEvery       = 500 * time.Millisecond
	checkpointEvery = time.Second
)

var (
	errGap      = errors.New("tlog: the order of the log in the database has a gap; restore the database")
	errAhead    = errors.New("tlog: the folder holds more than the database knows of; the database was restored from before: restore a newer one")
	errDiverged = errors.New("tlog: the folder holds another log than the database; if the database was restored from a backup, restore a newer one: " +
		"anything else forks a log that was published; only if the folder was damaged, move it away, and it is made again")
	errNotHeld = errors.New("tlog: another node writes the log")
	errSmaller = errors.New("tlog: a checkpoint of a larger tree was signed before")
	errForked  = errors.New("tlog: the tree does not extend the one signed before")
)
