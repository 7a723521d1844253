package sender

import (
	"context"
	"database/sql"
	"errors"

	"github.com/go-json-experiment/json"

	"simtrust/internal/sqldb"
)

const chatbotColumns = `id, client, brand, name, service_id, sms_fallback, profile, proposed, menu, revision, certificate, certificate_sum, proof_at,
	per_second, per_day, per_month, per_year, created, verified, suspended, cause, throttled, pardoned, changes`

// selectChatbots has the brand's name last.
const selectChatbots = `select c.id, c.client, c.brand, c.name, c.service_id, c.sms_fallback, c.profile, c.proposed, c.menu, c.revision, c.certificate,
	c.certificate_sum, c.proof_at, c.per_second, c.per_day, c.per_month, c.per_year, c.created, c.verified, c.suspended, c.cause, c.throttled,
	c.pardoned, c.changes, b.name from messaging_chatbot c join messaging_brand b on b.id = c.brand `

// texts are the members of a chatbot that are kept as JSON: profile, proposed profile and menu.
func (c Chatbot) texts() (texts [3]string, err error) {
	for i, v := range []any{c.Profile, c.Proposed, c.Menu} {
		text, err := json.Marshal(v)
		if err != nil {
			return texts, err
		}
		texts[i] = string(text)
	}
	return texts, nil
}

func insertChatbot(ctx context.Context, tx *sqldb.Tx, c Chatbot) error {
	t, err := c.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into messaging_chatbot (`+chatbotColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, 0, $12, $13, $14, $15, $16, 0, 0, '', 0, 0, 0)`,
		c.ID, c.Client, c.Brand, c.Name, c.ServiceID, c.SMSFallback, t[0], t[1], t[2], c.Revision, []byte{},
		c.Quotas.Second, c.Quotas.Day, c.Quotas.Month, c.Quotas.Year, millis(c.Created))
	if sqldb.IsUnique(err) {
		return conflict(ReasonServiceTaken, "the service id is another chatbot's")
	}
	if err != nil {
		return err
	}
	return insertCounter(ctx, tx, c.ID)
}

// updateChatbot writes what changes in a chatbot's life.
func updateChatbot(ctx context.Context, tx *sqldb.Tx, c Chatbot) error {
	t, err := c.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update messaging_chatbot set profile = $2, proposed = $3, menu = $4, revision = $5, certificate = $6, certificate_sum = $7,
		proof_at = $8, per_second = $9, per_day = $10, per_month = $11, per_year = $12, verified = $13, suspended = $14, cause = $15,
		throttled = $16, pardoned = $17, changes = $18 where id = $1`,
		c.ID, t[0], t[1], t[2], c.Revision, c.Certificate.ID, append([]byte{}, c.Certificate.SHA256...), millis(c.Certificate.Proven),
		c.Quotas.Second, c.Quotas.Day, c.Quotas.Month, c.Quotas.Year, millis(c.Verified), millis(c.Suspended), c.Cause,
		millis(c.Throttled), millis(c.pardoned), c.changes)
	return err
}

func chatbotByID(ctx context.Context, q sqldb.Querier, id string) (Chatbot, error) {
	if !isID(chatbotID, id) {
		return Chatbot{}, errUnknownChatbot
	}
	return oneChatbot(q.QueryRow(ctx, selectChatbots+`where c.id = $1`, id))
}

func chatbotByService(ctx context.Context, q sqldb.Querier, serviceID string) (Chatbot, error) {
	return oneChatbot(q.QueryRow(ctx, selectChatbots+`where c.service_id = $1`, serviceID))
}

func oneChatbot(row scanner) (Chatbot, error) {
	c, err := scanChatbot(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Chatbot{}, errUnknownChatbot
	}
	return c, err
}

// chatbotsAfter reads a page. An empty condition holds for all.
func chatbotsAfter(ctx context.Context, q sqldb.Querier, query ChatbotQuery, after string, limit int) ([]Chatbot, error) {
	rows, err := q.Query(ctx, selectChatbots+`where c.id > $1 and ($2 = '' or c.client = $2) and ($3 = '' or $3 =
		case when c.suspended <> 0 then 'suspended' when c.verified <> 0 then 'verified' else 'draft' end) order by c.id limit $4`,
		after, query.Client, string(query.State), int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Chatbot, error) { return scanChatbot(rows) })
}

func scanChatbot(row scanner) (c Chatbot, err error) {
	var profile, proposed, menu []byte
	var proven, created, verified, suspended, throttled, pardoned int64
	err = row.Scan(&c.ID, &c.Client, &c.Brand, &c.Name, &c.ServiceID, &c.SMSFallback, &profile, &proposed, &menu, &c.Revision,
		&c.Certificate.ID, &c.Certificate.SHA256, &proven, &c.Quotas.Second, &c.Quotas.Day, &c.Quotas.Month, &c.Quotas.Year,
		&created, &verified, &suspended, &c.Cause, &throttled, &pardoned, &c.changes, &c.BrandName)
	if err != nil {
		return Chatbot{}, err
	}
	c.Certificate.Proven, c.Created, c.Verified = instant(proven), instant(created), instant(verified)
	c.Suspended, c.Throttled, c.pardoned = instant(suspended), instant(throttled), instant(pardoned)
	if len(c.Certificate.SHA256) == 0 {
		c.Certificate.SHA256 = nil
	}
	return c, errors.Join(json.Unmarshal(profile, &c.Profile), json.Unmarshal(proposed, &c.Proposed), json.Unmarshal(menu, &c.Menu))
}
