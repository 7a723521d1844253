package onetap

import (
	"context"
	"fmt"
	"slices"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
)

// legible reports a name that can be shown as who somebody is.
func legible(name string) bool {
	return name != "" && len([]rune(name)) <= 64 && gsma.CheckLine("name", name) == nil
}

// Check implements messaging.Logins. Error: KindDenied with [ReasonNotAllowed].
func (s *Service) Check(ctx context.Context, chatbot string, list []messaging.Login) error {
	apps, err := s.appsOf(ctx, chatbot)
	if err != nil {
		return err
	}
	for i, l := range list {
		n := slices.IndexFunc(apps, func(a App) bool { return a.Client == l.App })
		switch {
		case n < 0:
			return fault(simtrust.KindDenied, ReasonNotAllowed, fmt.Sprintf("/logins/%d/client_id: the operator has not allowed this app to the chatbot", i))
		case originOf(l.URL) != apps[n].Origin:
			return fault(simtrust.KindDenied, ReasonNotAllowed, fmt.Sprintf("/logins/%d/url: not on the app's origin, %s", i, apps[n].Origin))
		}
	}
	return nil
}

// Place implements messaging.Logins.
func (s *Service) Place(message string, n int) string { return s.base + s.codec.mark(message, byte(n)) }

// Keep implements messaging.Logins.
func (s *Service) Keep(ctx context.Context, tx *sqldb.Tx, list []messaging.LoginMessage) error {
	var rows [][]any
	for _, m := range list {
		for n, l := range m.Logins {
			rows = append(rows, []any{m.Message, int64(n), l.App, l.URL, m.Accepted.Add(Life).UnixMilli()})
		}
	}
	return sqldb.InsertRows(ctx, tx, `insert into messaging_onetap_login (message, place, client, url, expires)`, rows, "")
}

// Kept implements messaging.Logins.
func (s *Service) Kept(ctx context.Context, message string) (bool, error) {
	end, err := lastEnd(ctx, s.DB, message)
	return end > s.Now().UnixMilli(), err
}

// Revoke implements messaging.Logins.
func (s *Service) Revoke(ctx context.Context, tx *sqldb.Tx, message string, deliveries []string) error {
	end, err := lastEnd(ctx, tx, message)
	if err != nil || end == 0 {
		return err
	}
	if len(deliveries) == 0 {
		deliveries = []string{""}
	}
	rows := make([][]any, len(deliveries))
	for i, d := range deliveries {
		rows[i] = []any{message, d, end}
	}
	return sqldb.InsertRows(ctx, tx, `insert into messaging_onetap_revoked (message, delivery, expires)`, rows, "on conflict do nothing")
}
