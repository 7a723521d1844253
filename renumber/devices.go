package renumber

import (
	"context"
	"database/sql"

	"simtrust/internal/sqldb"
)

// DevicesReq asks how many numbers the telephones of tenures serve.
type DevicesReq struct {
	Tenures []string `json:"tenures"`
}

// DevicesRes has an answer for each tenure that is current and whose telephone is known, in the order asked for and each once.
type DevicesRes struct {
	Devices []Device `json:"devices"`
}

// Device is the telephone that was last reported for a tenure, without saying which it is.
type Device struct {
	Tenure string `json:"tenure"`
	// Numbers is how many current tenures have it as their last, this one among them. A number whose SIM was taken out of it counts until
	// it is seen in another.
	Numbers int64 `json:"numbers"`
}

func (s *Service) deviceNumbers(ctx context.Context, req DevicesReq) (DevicesRes, error) {
	if err := checkPage("renumber.devices", len(req.Tenures)); err != nil {
		return DevicesRes{}, err
	}
	found, err := numbersOnDevices(ctx, s.db, req.Tenures)
	res := DevicesRes{Devices: make([]Device, 0, len(found))}
	for _, id := range req.Tenures {
		if n, ok := found[id]; ok {
			res.Devices = append(res.Devices, Device{id, n})
			delete(found, id)
		}
	}
	return res, err
}

func numbersOnDevices(ctx context.Context, q sqldb.Querier, ids []string) (map[string]int64, error) {
	cond, args := sqldb.In(q.Dialect(), openByID, 1, ids)
	rows, err := q.Query(ctx, `select t.id, (select count(*) from renumber_tenure o where o.device = t.device and o.closed is null and o.device <> ''
			and not o.out_of_sight)
		from renumber_tenure t where t.device <> '' and not t.out_of_sight and `+cond, args...)
	found := make(map[string]int64, len(ids))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var n int64
		err := rows.Scan(&id, &n)
		found[id] = n
		return struct{}{}, err
	})
	return found, err
}
