package charge

import (
	"context"
	"net/http"
	"sync"

	"sibai/internal/api/rest"
	"sibai/internal/apikey"
	"sibai/internal/cdr"
	"sibai/internal/fault"
)

// maxBatch is how many operations one batch may have.
const maxBatch = 1000

// Operation is one operation of a batch: exactly one of its four bodies is set.
type Operation struct {
	Call    string       `json:"call" doc:"The switch's name for the call."`
	Reserve *ReserveBody `json:"reserve,omitempty" doc:"As the body of reserve."`
	Extend  *ExtendBody  `json:"extend,omitempty" doc:"As the body of extend."`
	Settle  *SettleBody  `json:"settle,omitempty" doc:"As the body of settle."`
	Release *ReleaseBody `json:"release,omitempty" doc:"As the body of release; {} takes its defaults."`
}

// Result is what one operation of a batch came to.
type Result struct {
	Call    string        `json:"call" doc:"The switch's name for the call."`
	Status  int           `json:"status" doc:"The HTTP status that the operation would have had alone."`
	Grant   *Grant        `json:"grant,omitempty" doc:"The answer to reserve or extend."`
	Record  *Call         `json:"record,omitempty" doc:"The answer to settle or release."`
	Problem *rest.Problem `json:"problem,omitempty" doc:"Why the operation was not done."`
}

func (f *operations) batchOperation(face *rest.Face) {
	rest.Add(face, rest.Op{
		Method: http.MethodPost, Path: "/charging/batch", ID: "batch", Tag: "calls", Scope: apikey.Charge, MaxBody: 4 << 20,
		Summary: "Do many operations with one request",
		About:   "At most 1,000. Each has its own result, in the order of the request, and one that fails stops no other. Operations of one call are done in order, those of different calls at once: many share a commit.",
	}, func(ctx context.Context, in *struct {
		Body struct {
			Operations []Operation `json:"operations" maxItems:"1000" doc:"What to do."`
		}
	}) (*struct {
		Body struct {
			Results []Result `json:"results" doc:"What each came to, in the order of the request."`
		}
	}, error) {
		if n := len(in.Body.Operations); n == 0 || n > maxBatch {
			var bad fault.Invalid
			bad.Add("operations", 0, fault.ValueRange, "value", n, "min", 1, "max", maxBatch)
			return nil, bad.Err()
		}
		out := &struct {
			Body struct {
				Results []Result `json:"results" doc:"What each came to, in the order of the request."`
			}
		}{}
		out.Body.Results = f.each(ctx, in.Body.Operations)
		return out, nil
	})
}

// each does operations: those of a call in order, those of different calls at
// once.
func (f *operations) each(ctx context.Context, list []Operation) []Result {
	results := make([]Result, len(list))
	byCall := make(map[string][]int, len(list))
	for i := range list {
		byCall[list[i].Call] = append(byCall[list[i].Call], i)
	}
	a := rest.AskerOf(ctx)
	var done sync.WaitGroup
	for _, places := range byCall {
		done.Go(func() {
			for _, i := range places {
				results[i] = f.one(ctx, a, &list[i])
			}
		})
	}
	done.Wait()
	return results
}

// one does one operation of a batch.
func (f *operations) one(ctx context.Context, a rest.Asker, op *Operation) Result {
	r := Result{Call: op.Call, Status: http.StatusOK}
	as := name(a, op.Call)
	var rec cdr.Record
	var err error
	bodies := 0
	for _, set := range []bool{op.Reserve != nil, op.Extend != nil, op.Settle != nil, op.Release != nil} {
		if set {
			bodies++
		}
	}
	switch {
	case bodies != 1:
		err = fault.New(fault.JSONInvalid, "reason", "an operation has exactly one of reserve, extend, settle and release")
	case op.Reserve != nil:
		g, failed := f.Calls.Reserve(ctx, as, op.Reserve.request())
		if err = failed; err == nil {
			r.Grant = grantOf(op.Call, g, a.Lang)
		}
	case op.Extend != nil:
		g, failed := f.Calls.Extend(ctx, as, op.Extend.request())
		if err = failed; err == nil {
			r.Grant = grantOf(op.Call, g, a.Lang)
		}
	case op.Settle != nil:
		rec, err = f.Calls.Settle(ctx, as, op.Settle.request())
		err = r.ended(&rec, err)
	default:
		rec, err = f.Calls.Release(ctx, as, op.Release.request())
		err = r.ended(&rec, err)
	}
	if err != nil {
		r.Problem = rest.ProblemOf(err, a.Lang, 0)
		r.Status = r.Problem.Status
	}
	return r
}

func (r *Result) ended(rec *cdr.Record, err error) error {
	out, err := ended(r.Call, rec, err)
	if err == nil {
		r.Status, r.Record = out.Status, out.Body
	}
	return err
}
