package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Subject returns how an app knows an account: HMAC-SHA-256 of the app's sector and the account, in 43 characters of base64url.
func (s *Service) Subject(account string, app App) string {
	return base64.RawURLEncoding.EncodeToString(s.keyed(app.Sector + "\x00" + account)) // the separator is in neither of the two
}

func (s *Service) keyed(text string) []byte {
	mac := hmac.New(sha256.New, s.subjectKey)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// ReasonOtherSubjectKey says that the store was used with another subject key. Conflict.
const ReasonOtherSubjectKey = "other_subject_key"

var errOtherSubjectKey = &simtrust.Error{
	Kind: simtrust.KindConflict, Reason: ReasonOtherSubjectKey,
	Msg: "the database was used with another subject key, and apps would take every holder for somebody new",
}

// markText is what the store's mark is made of. Without the separator it is nobody's subject.
const markText = "account subject key"

// CheckSubjectKey makes sure that the store was not used with another subject key; a fresh store is marked with this one. A node calls
// it before it serves. Errors: KindConflict, ReasonOtherSubjectKey; KindUnavailable.
func (s *Service) CheckSubjectKey(ctx context.Context) error {
	mine := s.keyed(markText)
	var mark []byte
	err := s.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
		mark, err = markStore(ctx, tx, mine)
		return err
	})
	if err == nil && !hmac.Equal(mark, mine) {
		err = errOtherSubjectKey
	}
	return err
}
