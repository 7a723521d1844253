package messaging

import (
	"context"
	"database/sql"
	"strings"

	"simtrust/internal/sqldb"
	"simtrust/messaging/gsma"
)

// KeptFiles returns those of a chatbot's kept files that a list of URLs names, by URL.
func (s *Service) KeptFiles(ctx context.Context, chatbot string, urls []string) (map[string]gsma.FileInfo, error) {
	base := s.Issuer + "/messaging/v1/files/"
	var ids []string
	for _, u := range urls {
		if id, ours := strings.CutPrefix(u, base); ours {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	cond, args := sqldb.In(s.DB.Dialect(), "id", 2, ids)
	rows, err := s.DB.Query(ctx, `select id, content_type, octet_length(data), created from messaging_file where chatbot = $1 and `+cond, append([]any{chatbot}, args...)...)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (f gsma.FileInfo, err error) {
		var id string
		var created int64
		err = rows.Scan(&id, &f.ContentType, &f.Size, &created)
		f.URL, f.Until = base+id, instant(created).Add(keepFiles)
		return f, err
	})
	found := make(map[string]gsma.FileInfo, len(list))
	for _, f := range list {
		found[f.URL] = f
	}
	return found, err
}
