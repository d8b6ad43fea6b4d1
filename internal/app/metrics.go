package app

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sibai/internal/billing"
	"sibai/internal/build"
	"sibai/internal/call"
	"sibai/internal/cdr"
	"sibai/internal/charging"
	"sibai/internal/sip"
)

// metrics counts calls for Prometheus. Money is counted in micro-yuan.
type metrics struct {
	registry  *prometheus.Registry
	calls     *prometheus.CounterVec
	charged   prometheus.Counter
	talked    prometheus.Counter
	answer    prometheus.Histogram
	recovered prometheus.Counter
	broken    prometheus.Gauge
	audit     prometheus.Gauge
}

func newMetrics(running func() int) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sibai_calls_total", Help: "Calls that ended, by inbound trunk and cause.",
		}, []string{"trunk", "cause"}),
		charged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sibai_charged_micro_yuan_total", Help: "What calls cost their customers, in micro-yuan.",
		}),
		talked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sibai_talk_seconds_total", Help: "Time from answer to end of all answered calls.",
		}),
		answer: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sibai_answer_seconds", Help: "From INVITE to a phone's answer.",
			Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 15, 30, 60},
		}),
		recovered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sibai_calls_recovered_total", Help: "Calls settled by the reaper after their node was lost.",
		}),
	}
	m.broken = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sibai_audit_broken", Help: "Promises of the books that the last audit of this node found broken; -1 when it did not come to its end.",
	})
	m.audit = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sibai_audit_finished_seconds", Help: "When this node audited the books last, in seconds since 1970; 0 when it did not yet.",
	})
	m.registry.MustRegister(m.broken, m.audit)
	info := build.Get()
	m.registry.MustRegister(m.calls, m.charged, m.talked, m.answer, m.recovered,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sibai_calls_running", Help: "Calls now."}, func() float64 { return float64(running()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sibai_build_info", Help: "Always 1.",
			ConstLabels: prometheus.Labels{"version": info.Version, "commit": info.Commit}}, func() float64 { return 1 }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// audited takes the end of an audit of this node.
func (m *metrics) audited(run billing.JobRun) {
	m.audit.Set(float64(run.FinishedAt.Unix()))
	if m.broken.Set(float64(run.Failed)); run.Error != "" {
		m.broken.Set(-1)
	}
}

// watchCharging adds what charging knows of its store and its spool.
func (m *metrics) watchCharging(c *charging.Service) {
	for _, g := range []struct {
		name, help string
		get        func(charging.Stats) float64
	}{
		{"store_away", "1 while the store does not answer, else 0.", func(s charging.Stats) float64 {
			if s.Away {
				return 1
			}
			return 0
		}},
		{"spool_calls", "Calls that ended and wait in the spool for the store.", func(s charging.Stats) float64 { return float64(s.Kept) }},
		{"spool_refused", "Calls in the spool that the store refuses.", func(s charging.Stats) float64 { return float64(s.Refused) }},
		{"promised_calls", "Calls accepted while the store was away that it does not have yet.", func(s charging.Stats) float64 { return float64(s.Promised) }},
		{"risked_micro_yuan", "What those calls may cost, in micro-yuan.", func(s charging.Stats) float64 { return float64(s.Risked) }},
		{"spool_bytes", "Bytes kept in the spool.", func(s charging.Stats) float64 { return float64(s.SpoolBytes) }},
		{"spool_limit_bytes", "Bytes that the spool may keep.", func(s charging.Stats) float64 { return float64(s.SpoolLimit) }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sibai_" + g.name, Help: g.help},
			func() float64 { return g.get(c.Stats()) }))
	}
	for _, g := range []struct {
		name, help string
		get        func(charging.Stats) uint64
	}{
		{"promised", "Calls accepted while the store was away.", func(s charging.Stats) uint64 { return s.EverPromised }},
		{"spool_kept", "Calls whose end was kept in the spool.", func(s charging.Stats) uint64 { return s.EverKept }},
		{"spool_booked", "Calls that were booked from the spool.", func(s charging.Stats) uint64 { return s.EverBooked }},
		{"spool_failed", "Calls whose end neither the store nor the spool took at first.", func(s charging.Stats) uint64 { return s.EverFailed }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sibai_" + g.name + "_total", Help: g.help},
			func() float64 { return float64(g.get(c.Stats())) }))
	}
}

// watchSIP adds the SIP server's own counts.
func (m *metrics) watchSIP(server *sip.Server) {
	for _, c := range []struct {
		name, help string
		get        func(sip.Stats) uint64
	}{
		{"received", "SIP messages read.", func(s sip.Stats) uint64 { return s.Received }},
		{"sent", "SIP messages written, copies included.", func(s sip.Stats) uint64 { return s.Sent }},
		{"resent", "Copies sent because no answer came in time.", func(s sip.Stats) uint64 { return s.Resent }},
		{"absorbed", "Copies received and absorbed.", func(s sip.Stats) uint64 { return s.Absorbed }},
		{"malformed", "Messages that could not be worked with.", func(s sip.Stats) uint64 { return s.Malformed }},
		{"strangers", "Requests from addresses that are no trunk's.", func(s sip.Stats) uint64 { return s.Strangers }},
		{"shed", "Calls refused with 503 because of load or stopping.", func(s sip.Stats) uint64 { return s.Shed }},
		{"dropped", "Messages dropped because of load.", func(s sip.Stats) uint64 { return s.Dropped }},
		{"panics", "Faults of the program that ended a call.", func(s sip.Stats) uint64 { return s.Panics }},
		{"expired", "Parties that were gone without a BYE, as their session timer showed.", func(s sip.Stats) uint64 { return s.Expired }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sibai_sip_" + c.name + "_total", Help: c.help},
			func() float64 { return float64(c.get(server.Stats())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sibai_sip_waiting", Help: "Messages and events that wait on the calls' loops.",
	}, func() float64 { return float64(server.Stats().Waiting) }))
}

func (*metrics) Changed(call.View) {}

func (m *metrics) Ended(rec cdr.Record, _ string) {
	m.calls.WithLabelValues(rec.Trunk, string(rec.Cause)).Inc()
	m.charged.Add(float64(rec.Charge)) // a display counter: the books are in the store
	if !rec.AnsweredAt.IsZero() {
		m.talked.Add(rec.Talk.Seconds())
		m.answer.Observe(rec.AnsweredAt.Sub(rec.StartedAt).Seconds())
	}
	if rec.Recovered {
		m.recovered.Inc()
	}
}
