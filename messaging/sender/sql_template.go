package sender

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

const (
	templateColumns = `id, chatbot, class, body, approved, state, submitted, reviewed, reviewed_by, why`
	selectTemplates = `select t.id, t.chatbot, t.class, t.body, t.approved, t.state, t.submitted, t.reviewed, t.reviewed_by, t.why
		from messaging_template t `
)

// insertTemplate adds a template, unless the chatbot has the same already.
func insertTemplate(ctx context.Context, tx *sqldb.Tx, t Template) (made bool, err error) {
	res, err := tx.Exec(ctx, `insert into messaging_template (`+templateColumns+`, digest) values ($1, $2, $3, $4, $5, $6, $7, 0, '', '', $8)
		on conflict (chatbot, digest) do nothing`,
		t.ID, t.Chatbot, string(t.Class), t.Body, []byte{}, string(t.State), millis(t.Submitted), t.digest())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func updateTemplate(ctx context.Context, tx *sqldb.Tx, t Template) error {
	_, err := tx.Exec(ctx, `update messaging_template set state = $2, approved = $3, reviewed = $4, reviewed_by = $5, why = $6 where id = $1`,
		t.ID, string(t.State), append([]byte{}, t.approved...), millis(t.Reviewed), t.ReviewedBy, t.Why)
	return err
}

func templateByID(ctx context.Context, q sqldb.Querier, id string) (Template, error) {
	if !isID(templateID, id) {
		return Template{}, errUnknownTemplate
	}
	return oneTemplate(q.QueryRow(ctx, selectTemplates+`where t.id = $1`, id))
}

func templateByDigest(ctx context.Context, q sqldb.Querier, chatbot string, digest []byte) (Template, error) {
	return oneTemplate(q.QueryRow(ctx, selectTemplates+`where t.chatbot = $1 and t.digest = $2`, chatbot, digest))
}

func oneTemplate(row scanner) (Template, error) {
	t, err := scanTemplate(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Template{}, errUnknownTemplate
	}
	return t, err
}

// templatesAfter reads a page. An empty condition holds for all.
func templatesAfter(ctx context.Context, q sqldb.Querier, query TemplateQuery, after string, limit int) ([]Template, error) {
	rows, err := q.Query(ctx, selectTemplates+`join messaging_chatbot c on c.id = t.chatbot where t.id > $1 and ($2 = '' or c.client = $2) and
		($3 = '' or t.chatbot = $3) and ($4 = '' or t.state = $4) order by t.id limit $5`,
		after, query.Client, query.Chatbot, string(query.State), int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Template, error) { return scanTemplate(rows) })
}

func scanTemplate(row scanner) (t Template, err error) {
	var submitted, reviewed int64
	err = row.Scan(&t.ID, &t.Chatbot, &t.Class, &t.Body, &t.approved, &t.State, &submitted, &reviewed, &t.ReviewedBy, &t.Why)
	t.Submitted, t.Reviewed = instant(submitted), instant(reviewed)
	return t, err
}

// insertReport adds a report, unless the tenure reported the message before.
func insertReport(ctx context.Context, tx *sqldb.Tx, r SpamReport, at time.Time) (made bool, err error) {
	res, err := tx.Exec(ctx, `insert into messaging_spam_report (message, tenure, chatbot, kind, at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		r.Message, string(r.Tenure), r.Chatbot, r.Kind, millis(at))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// reporters counts the tenures that reported a chatbot after an instant.
func reporters(ctx context.Context, q sqldb.Querier, chatbot string, after time.Time) (n int64, err error) {
	err = q.QueryRow(ctx, `select count(distinct tenure) from messaging_spam_report where chatbot = $1 and at > $2`, chatbot, after.UnixMilli()).Scan(&n)
	return n, err
}
