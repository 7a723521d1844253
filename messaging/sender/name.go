package sender

import (
	"context"
	"strings"
	"unicode/utf8"

	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// Longest texts, in characters. The signature's is that of the Chinese operators' interface ("autograph").
const (
	maxName         = 64
	maxSignature    = 50
	maxOrganization = 128
	maxWhy          = 500
)

// line reports whether s is one line of up to max characters that shows all that is in it.
func line(s string, max int) bool {
	return utf8.RuneCountInString(s) <= max && strings.TrimSpace(s) == s && gsma.CheckLine("", s) == nil
}

// named reports whether s can be a name: one that is compared with others by what it looks like.
func named(s string, max int) bool { return line(s, max) && gsma.Skeleton(s) != "" }

// reserve takes a name for a brand, unless it is, or looks like, another brand's. Names are kept by what they look like, under a unique
// key, so that of two that are asked for at once one is refused.
func reserve(ctx context.Context, tx *sqldb.Tx, brand string, names ...string) error {
	for _, name := range names {
		if err := insertName(ctx, tx, gsma.Skeleton(name), brand); err != nil {
			return err
		}
	}
	return available(ctx, tx, brand, names...)
}

// available refuses names that are, or look like, another brand's.
func available(ctx context.Context, q sqldb.Querier, brand string, names ...string) error {
	for _, name := range names {
		switch owner, err := nameOwner(ctx, q, gsma.Skeleton(name)); {
		case err != nil:
			return err
		case owner != "" && owner != brand:
			return errResembles
		}
	}
	return nil
}
