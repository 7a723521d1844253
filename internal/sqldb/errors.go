package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"simtrust"
)

// The reasons of this package's errors, of kind [simtrust.KindUnavailable] but for the last.
const (
	// ReasonOutcomeUnknown says that a commit was sent and its answer did not arrive: the change may or may not be durable. The
	// caller repeats the request under its own idempotency key, or reads back.
	ReasonOutcomeUnknown = "outcome_unknown"
	// ReasonStoreUnavailable says that the store is away, full or read-only, and that nothing was changed.
	ReasonStoreUnavailable = "store_unavailable"
	// ReasonContended says that the transaction met others on the same rows too many times, and that nothing was changed.
	ReasonContended = "store_contended"
	// ReasonClosed says that the coalescer is shutting down, and that nothing was changed.
	ReasonClosed = "store_closed"
	// ReasonText says that a text holds octets that PostgreSQL takes for none: NUL, or what is not UTF-8. Kind invalid: it is an
	// outsider's, where the module did not look.
	ReasonText = "text_refused"
)

// ErrFileInUse says that another process has the SQLite file open.
var ErrFileInUse = errors.New("another process uses this SQLite file; stop it, or use PostgreSQL to run several")

var errContended = &simtrust.Error{
	Kind: simtrust.KindUnavailable, Reason: ReasonContended, Msg: "too many changes to the same record at once; try again",
}

// IsUnique reports whether err is a violation of a unique index or primary key.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isRetryable reports whether the store rolled the transaction back and asks for it again: serialization failure and deadlock
// (PostgreSQL, class 40), or a busy file.
func isRetryable(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code == "40001" || e.Code == "40P01"
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// isRowFault reports whether one row of a batch can have caused err: a constraint (class 23), a bad value (class 22) or one that is too
// large for an index (class 54).
func isRowFault(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		class := e.Code.Class()
		return class == "22" || class == "23" || class == "54"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
			return true
		}
	}
	_, panicked := errors.AsType[*panicError](err)
	return panicked
}

// isAway reports whether err tells of a store that cannot be reached or written now.
func isAway(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		case "08", "53", "57": // connection, resources, operator intervention
			return true
		}
		return e.Code == "25006" // a standby: read-only transaction
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY:
			return true
		}
		return false
	}
	return isBroken(err)
}

// isBroken reports whether err tells of a lost connection.
func isBroken(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isRefusedCommit reports whether the store answered a commit, and the answer was that it rolled back. A server that is going down
// (class 57), fails inside (58, XX) or says so itself (40003) may have committed.
func isRefusedCommit(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		case "08", "57", "58", "XX":
			return false
		}
		return !e.Fatal() && e.Code != "40003"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT || e.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return errors.Is(err, pq.ErrInFailedTransaction)
}

// classed gives an error of the store its kind and reason: ctx's own error where ctx ended, since the drivers then report no more
// than a cancelled statement, [ReasonStoreUnavailable] or [ReasonText]. Any other error, nil included, is returned unchanged.
func classed(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*pq.Error](err); ok && e.Code == "22021" {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonText, Msg: "a text holds octets that no text has", Err: err}
	}
	if err == nil || !isAway(err) {
		return err
	}
	if _, known := errors.AsType[*simtrust.Error](err); known {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonStoreUnavailable, Msg: "the store does not answer", Err: err}
}

func outcomeUnknown(cause error) error {
	return &simtrust.Error{
		Kind: simtrust.KindUnavailable, Reason: ReasonOutcomeUnknown,
		Msg: "it is not known whether the change was made; repeat the request", Err: cause,
	}
}
