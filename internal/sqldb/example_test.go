package sqldb_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"simtrust/internal/sqldb"
)

// Many callers want the same ticket at once. They share a few durable commits, and one of them gets it.
func ExampleCoalescer() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite:"+filepath.Join(dir, "tickets.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if err := sqldb.Migrate(ctx, db, tickets...); err != nil {
		log.Fatal(err)
	}
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		return sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", [][]any{{"row 7, seat 3", int64(1)}}, "")
	})
	if err != nil {
		log.Fatal(err)
	}

	redeemer := sqldb.NewCoalescer(db, "ticket.redeem", redeem)
	defer redeemer.Close()
	var winners atomic.Int64
	var group sync.WaitGroup
	for user := range int64(100) {
		group.Go(func() {
			won, err := redeemer.Do(ctx, use{"row 7, seat 3", user})
			if err != nil {
				log.Fatal(err)
			}
			if won {
				winners.Add(1)
			}
		})
	}
	group.Wait()
	fmt.Println(winners.Load(), "of 100 callers got the ticket")
	// Output: 1 of 100 callers got the ticket
}
