package smsc

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"

	"simtrust/internal/sqldb"
)

// firstExtension is the first number that is appended to the base, so that all have four digits or more.
const firstExtension = 1000

// codes are the chatbots' addresses. What was allotted stays, so it is kept in memory.
type codes struct {
	db   *sqldb.DB
	base string // digits
	byID sync.Map
}

// of returns the address of a chatbot, in digits, and allots one where it has none.
func (c *codes) of(ctx context.Context, chatbot string) (string, error) {
	if known, ok := c.byID.Load(chatbot); ok {
		return known.(string), nil
	}
	var extension int64
	err := c.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
		extension, err = allot(ctx, tx, chatbot)
		return err
	})
	if err != nil {
		return "", err
	}
	address := c.base + strconv.FormatInt(extension, 10)
	c.byID.Store(chatbot, address)
	return address, nil
}

func allot(ctx context.Context, tx *sqldb.Tx, chatbot string) (extension int64, err error) {
	if _, err := tx.Exec(ctx, `insert into messaging_shortcode (chatbot, extension)
		select $1, coalesce(max(extension), $2 - 1) + 1 from messaging_shortcode where true on conflict (chatbot) do nothing`,
		chatbot, int64(firstExtension)); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `select extension from messaging_shortcode where chatbot = $1`, chatbot).Scan(&extension)
	return extension, err
}

// chatbot returns whose address it is, which some service centres write with a plus sign; empty: nobody's.
func (c *codes) chatbot(ctx context.Context, address string) (id string, err error) {
	digits := strings.TrimPrefix(address, "+")
	extension, err := strconv.ParseInt(strings.TrimPrefix(digits, c.base), 10, 64)
	if err != nil || !strings.HasPrefix(digits, c.base) || digits != c.base+strconv.FormatInt(extension, 10) {
		return "", nil
	}
	err = c.db.QueryRow(ctx, `select chatbot from messaging_shortcode where extension = $1`, extension).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, err
}
