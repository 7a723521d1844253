package sqldb

import (
	"context"
	"database/sql/driver"
)

// preparing makes connections that prepare each statement once and keep it. The cache sits below database/sql, on the connection
// itself, because *sql.DB.Prepare needs a second connection and would wait for ever while transactions hold all of them.
type preparing struct {
	driver.Connector
	rewrite func(text string) string // the driver's own way to write a statement; nil: as it is
}

// keptStatements bounds what one connection keeps prepared; further texts are prepared for one use.
const keptStatements = 256

// Connect opens a connection with an empty cache.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparingConn{conn: c.(conn), rewrite: p.rewrite, kept: map[string]driver.Stmt{}}, nil
}

// conn is what both drivers' connections offer to database/sql.
type conn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparingConn is used by one goroutine at a time, as database/sql promises.
type preparingConn struct {
	conn
	rewrite func(string) string
	kept    map[string]driver.Stmt // by the text before rewriting
}

// CheckNamedValue hands the arguments to the driver's own check, which knows arrays.
func (c *preparingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ExecContext runs a prepared statement; without arguments the text goes to the driver as it is and may hold several statements.
func (c *preparingConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 {
		return c.conn.ExecContext(ctx, q, nil)
	}
	s, err := c.take(ctx, q)
	if err != nil {
		return nil, err
	}
	defer c.keep(q, s)
	return s.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a prepared statement and keeps it again when its rows are closed.
func (c *preparingConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 0 {
		return c.conn.QueryContext(ctx, q, nil)
	}
	s, err := c.take(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		c.keep(q, s)
		return nil, err
	}
	return &preparedRows{Rows: rows, done: func() { c.keep(q, s) }}, nil
}

// take removes the statement from the cache while it runs, so that a second use of the same text gets one of its own.
func (c *preparingConn) take(ctx context.Context, q string) (driver.Stmt, error) {
	if s, ok := c.kept[q]; ok {
		delete(c.kept, q)
		return s, nil
	}
	text := q
	if c.rewrite != nil {
		text = c.rewrite(q)
	}
	return c.conn.PrepareContext(ctx, text)
}

func (c *preparingConn) keep(q string, s driver.Stmt) {
	if _, twice := c.kept[q]; twice || len(c.kept) >= keptStatements {
		_ = s.Close() // an error here leaves a broken connection, which its next use reports
		return
	}
	c.kept[q] = s
}

// preparedRows gives its statement back once.
type preparedRows struct {
	driver.Rows
	done func()
}

// Close closes the rows and gives the statement back.
func (r *preparedRows) Close() error {
	err := r.Rows.Close()
	if r.done != nil {
		r.done()
		r.done = nil
	}
	return err
}
