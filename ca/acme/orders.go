package acme

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"time"

	"simtrust/internal/sqldb"
)

// ordersPage bounds a page of the list of an account's orders.
const ordersPage = 200

// listOrders is RFC 8555, section 7.1.2.1: the account's orders that are not invalid, in pages.
func (s *Service) listOrders(ctx context.Context, r *request) (*reply, error) {
	if r.PathValue("account") != r.account.id {
		return nil, errNotYours
	}
	if err := r.fetching(); err != nil {
		return nil, err
	}
	after := order{id: r.URL.Query().Get("after"), created: time.UnixMilli(0)}
	if after.id != "" {
		var err error
		if after, err = orderByID(ctx, s.db, after.id); err != nil {
			return nil, err
		}
	}
	now := s.now()
	rows, err := s.db.Query(ctx, `select id from acme_order where account = $1 and (created > $2 or created = $2 and id > $3)
		and (status in ('processing', 'valid') or status in ('pending', 'ready') and expires > $4) order by created, id limit $5`,
		r.account.id, after.created.UnixMilli(), after.id, now.UnixMilli(), int64(ordersPage))
	ids, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, err
	}
	list := struct {
		Orders []string `json:"orders"`
	}{Orders: []string{}}
	for _, id := range ids {
		list.Orders = append(list.Orders, s.url(pathOrder+id))
	}
	rep := &reply{status: http.StatusOK, body: list}
	if len(ids) == ordersPage {
		next := s.url(pathAccount+r.account.id+"/orders") + "?after=" + url.QueryEscape(ids[len(ids)-1])
		rep.links = []string{"<" + next + `>;rel="next"`}
	}
	return rep, nil
}
