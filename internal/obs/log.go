package obs

import (
	"io"
	"log/slog"

	"simtrust"
)

// ReasonLogSetting says that the log's level or format is not one there is.
const ReasonLogSetting = "log_setting"

var levels = map[string]slog.Level{
	"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func newLog(out io.Writer, level, format string) (*slog.Logger, error) {
	l, ok := levels[level]
	if !ok {
		return nil, badSetting("the log level is debug, info, warn or error")
	}
	opts := &slog.HandlerOptions{Level: l}
	switch format {
	case "", "text":
		return slog.New(slog.NewTextHandler(out, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, opts)), nil
	}
	return nil, badSetting("the log format is text or json")
}

func badSetting(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonLogSetting, Op: "obs.new", Msg: msg}
}
