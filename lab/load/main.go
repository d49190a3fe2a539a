// load sends requests at a fixed rate, whatever the answers do, and counts what a deploy loses.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	base := flag.String("url", "", "base URL, for example http://172.31.250.11")
	host := flag.String("host", "", "Host header, where it is not the URL's")
	rate := flag.Float64("rate", 330, "requests per second in all")
	duration := flag.Duration("duration", 0, "how long; without it until SIGINT")
	kinds := flag.String("kinds", "get,get-close,post,post-close,slow,events", "what to send")
	worker := flag.String("worker-stats", "", "URL of a sample worker's /stats: reset at the start, reported at the end")
	progress := flag.Bool("progress", false, "a line per second on stderr")
	untilStdin := flag.Bool("until-stdin-closes", false, "end when stdin does")
	flag.Parse()
	target, err := url.Parse(*base)
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") || target.Host == "" {
		fail("--url must be like http://172.31.250.11 or https://172.31.250.11, got %q", *base)
	}
	run, err := newRun(target, *host, *rate, strings.Split(*kinds, ","))
	if err != nil {
		fail("%v", err)
	}
	if *worker != "" {
		if _, err := ask(strings.Replace(*worker, "/stats", "/reset", 1)); err != nil {
			fail("the worker cannot be asked: %v", err)
		}
	}
	run.start()
	fmt.Fprintln(os.Stderr, "started")
	wait(run, *duration, *untilStdin, *progress)
	report := run.finish()
	if *worker != "" {
		report.Worker, err = ask(*worker)
		if err != nil {
			report.Worker = json.RawMessage(fmt.Sprintf(`{"unreachable":%q}`, err.Error()))
		}
	}
	json.NewEncoder(os.Stdout).Encode(report)
}

func wait(run *run, duration time.Duration, untilStdin, progress bool) {
	ended := make(chan os.Signal, 2)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	if untilStdin {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			ended <- syscall.SIGINT
		}()
	}
	var over <-chan time.Time
	if duration > 0 {
		over = time.After(duration)
	}
	tick := time.NewTicker(time.Second)
	for {
		select {
		case <-tick.C:
			if progress {
				fmt.Fprintln(os.Stderr, run.tally.line())
			}
		case <-over:
			return
		case <-ended:
			return
		}
	}
}

func ask(address string) (json.RawMessage, error) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s answers %s", address, response.Status)
	}
	body, err := io.ReadAll(response.Body)
	return body, err
}

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(2)
}
