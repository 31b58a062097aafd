// Decides the requests of tests/bench/policy_peers.py with Open Policy Agent, within the process, and prints what that
// cost as JSON:
//
//	policy_opa POLICY.rego [DATA.json] REQUESTS.tsv ANSWERS
//
// The query is prepared once, inputs are parsed into OPA's own values before any clock runs, the document lies in the store
// as OPA's own values.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/version"
)

const (
	samples = 100_000
	rounds  = 5 // at least, and as many as begin within `lasting`
	lasting = 10 * time.Second
	enough  = 5 * time.Second // for one round, should an engine be slow
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func resident() int64 {
	runtime.GC()
	debug.FreeOSMemory()
	fields := strings.Fields(string(must(os.ReadFile("/proc/self/statm"))))
	return must(strconv.ParseInt(fields[1], 10, 64)) * int64(os.Getpagesize())
}

// What a caller can say of a message without OPA: the parts of its URI for rules that compare them, and for those that are a
// document the patterns that could cover it.
func input(line string) ast.Value {
	fields := strings.Split(line, "\t")
	authid, uri := fields[0], fields[3]
	parts := strings.Split(uri, ".")
	count := len(parts)
	patterns := []string{uri}
	for i := 1; i < count; i++ {
		patterns = append(patterns, strings.Join(parts[:i], ".")+".")
	}
	if count > 2 {
		patterns = append(patterns, strings.Join(parts[:count-2], ".")+".."+parts[count-1])
	}
	if parts[count-1] == authid {
		patterns = append(patterns, strings.Join(parts[:count-1], ".")+".${authid}")
	}
	document := map[string]any{"authid": authid, "role": fields[1], "roles": []string{fields[1], "*"}, "action": fields[2],
		"uri": uri, "parts": parts, "count": count, "patterns": patterns}
	if fields[4] != "" {
		document["arg"] = must(strconv.Atoi(fields[4]))
	}
	return must(ast.InterfaceToValue(document))
}

func load(words []string) rego.PreparedEvalQuery {
	options := []func(*rego.Rego){rego.Query("data.bench.decision"),
		rego.Module(words[0], string(must(os.ReadFile(words[0]))))}
	if len(words) > 1 {
		var document map[string]any
		if err := json.NewDecoder(bytes.NewReader(must(os.ReadFile(words[1])))).Decode(&document); err != nil {
			must(0, err)
		}
		options = append(options, rego.Store(inmem.NewFromObjectWithOpts(document, inmem.OptReturnASTValuesOnRead(true))))
	}
	return must(rego.New(options...).PrepareForEval(context.Background()))
}

func clockCost() float64 {
	costs := make([]float64, 10_001)
	for i := range costs {
		begin := time.Now()
		costs[i] = float64(time.Since(begin))
	}
	sort.Float64s(costs)
	return costs[len(costs)/2]
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "policy_opa POLICY.rego [DATA.json] REQUESTS.tsv ANSWERS")
		os.Exit(2)
	}
	last := len(os.Args) - 2
	lines := strings.Split(strings.TrimRight(string(must(os.ReadFile(os.Args[last]))), "\n"), "\n")
	before := resident()
	begin := time.Now()
	query := load(os.Args[1:last])
	loaded := time.Since(begin)
	kept := resident() - before

	begin = time.Now()
	inputs := make([]ast.Value, len(lines))
	for i, line := range lines {
		inputs[i] = input(line)
	}
	making := float64(time.Since(begin)) / float64(len(lines))
	ctx := context.Background()
	decide := func(i int) bool {
		return must(query.Eval(ctx, rego.EvalParsedInput(inputs[i]))).Allowed()
	}
	answers := make([]byte, len(lines))
	for i := range lines {
		answers[i] = '0'
		if decide(i) {
			answers[i] = '1'
		}
	}
	if err := os.WriteFile(os.Args[last+1], answers, 0o644); err != nil {
		must(0, err)
	}
	figures := measure(len(lines), decide)
	figures.Version = "OPA " + version.Version + " (" + runtime.Version() + ")"
	figures.Input, figures.Load, figures.Kept = making, float64(loaded.Microseconds())/1e3, kept
	fmt.Println(string(must(json.Marshal(figures))))
}

type cost struct {
	Version string  `json:"version"`
	P50     float64 `json:"p50_ns"`
	P99     float64 `json:"p99_ns"`
	Mean    float64 `json:"mean_ns"`
	Samples int     `json:"samples"`
	Input   float64 `json:"input_ns"`
	Load    float64 `json:"load_ms"`
	Kept    int64   `json:"resident_bytes"`
}

// The round with the smallest p99: other programs on the machine only ever add.
func measure(requests int, decide func(int) bool) cost {
	overhead := clockCost()
	best := cost{}
	first := time.Now()
	for round := 0; round < rounds || time.Since(first) < lasting; round++ {
		costs := make([]float64, 0, samples)
		start, at, sum := time.Now(), 0, 0.0
		for len(costs) < samples && time.Since(start) < enough {
			at = (at + 7919) % requests
			begin := time.Now()
			decide(at)
			took := max(0, float64(time.Since(begin))-overhead)
			costs = append(costs, took)
			sum += took
		}
		sort.Float64s(costs)
		quantile := func(q float64) float64 { return costs[int(q*float64(len(costs)-1))] }
		if round == 0 || quantile(0.99) < best.P99 {
			best = cost{P50: quantile(0.5), P99: quantile(0.99), Mean: sum / float64(len(costs)), Samples: len(costs)}
		}
	}
	return best
}
