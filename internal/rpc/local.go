package rpc

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"simtrust"
)

// Local returns the operation op as a function: what a consumer in the same process receives in place of the service. It presents credential
// to the router's authenticator on every call and goes through scope, rate limits and time limit like a remote caller; only HTTP, with its log
// and metrics, is left out. A panic is an internal error. Errors have the Kind and Reason that [Call] would yield. The operation is mounted
// before; a name or types that do not fit panic.
func Local[Req, Res any](r *Router, op, credential string) func(context.Context, Req) (Res, error) {
	o := r.ops[op]
	if o == nil || o.Req != reflect.TypeFor[Req]() || o.Res != reflect.TypeFor[Res]() {
		panic(fmt.Sprintf("rpc: no operation %s from %v to %v", op, reflect.TypeFor[Req](), reflect.TypeFor[Res]()))
	}
	return func(ctx context.Context, req Req) (Res, error) {
		res, err := r.local(ctx, o, credential, req)
		if err != nil {
			var none Res
			return none, normalise(op, err)
		}
		return res.(Res), nil
	}
}

func (r *Router) local(ctx context.Context, o *operation, credential string, req any) (res any, err error) {
	ctx, span := r.cfg.Tracer.Start(ctx, o.Name)
	defer span.End()
	defer func() {
		if p := recover(); p != nil {
			r.logPanic(ctx, o, Correlator(ctx), p)
			res, err = nil, &simtrust.Error{Kind: simtrust.KindInternal}
		}
	}()
	if o.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	ctx, err = r.localCaller(ctx, o, credential)
	if err != nil {
		return nil, err
	}
	return o.endpoint(ctx, req)
}

// localCaller puts the credential's caller in the place of the one whose request is being served, who did not ask for this.
func (r *Router) localCaller(ctx context.Context, o *operation, credential string) (context.Context, error) {
	if o.Public {
		return withoutCaller(ctx), nil
	}
	req, err := http.NewRequestWithContext(ctx, o.Method, "http://localhost"+wildcard.ReplaceAllString(o.Path, "-"), nil)
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInternal, Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	c, err := r.admit(o, req)
	return WithCaller(ctx, c), err
}
