// The lab's sample application: one static program, four roles, and versions that misbehave on purpose.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

var (
	version = env("VERSION", "dev")
	role    = env("ROLE", "web")
	mode    = env("MODE", "ok")
)

var ports = map[string]string{"web": "8000", "api": "9000", "worker": "9100", "store": "7000"}

func main() {
	log.SetFlags(0)
	port := env("PORT", ports[role])
	if len(os.Args) > 1 && os.Args[1] == "health" {
		os.Exit(askHealth(port))
	}
	if mode == "exit" {
		leaveWithAnError()
	}
	dieAtOnce()
	// A real application connects, migrates, warms caches; all that while nothing listens.
	time.Sleep(time.Duration(number("BOOT_SECONDS", 1.5) * float64(time.Second)))
	routes := http.NewServeMux()
	routes.HandleFunc("/health", health)
	switch role {
	case "web":
		web(routes)
	case "api":
		routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, values{"version": version}) })
	case "worker":
		worker(routes)
	case "store":
		store(routes)
	default:
		log.Fatalf("no such role: %s", role)
	}
	log.Printf("%s %s listens on :%s", role, version, port)
	log.Fatal(http.ListenAndServe(":"+port, routes))
}

// dieAtOnce is the harshest application there is: requests in flight are cut at SIGTERM. Only who stops sending requests
// before stopping the container saves them.
func dieAtOnce() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		leaveSockets()
		os.Exit(143)
	}()
}

func leaveWithAnError() {
	log.Print("reading configuration")
	log.Print("connecting to the database")
	log.Print("fatal: DATABASE_URL has no password")
	time.Sleep(300 * time.Millisecond)
	os.Exit(3)
}

func askHealth(port string) int {
	client := http.Client{Timeout: 3 * time.Second}
	response, err := client.Get("http://127.0.0.1:" + port + "/health")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if response.StatusCode != 200 {
		fmt.Println("answers", response.Status)
		return 1
	}
	return 0
}

func health(w http.ResponseWriter, r *http.Request) {
	if mode == "unhealthy" {
		answer(w, 503, values{"version": version, "error": "the database does not answer"})
		return
	}
	answer(w, 200, values{"version": version})
}

type values map[string]interface{}

func answer(w http.ResponseWriter, status int, body interface{}) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = 500, []byte(`{"error":"cannot write the answer"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func number(name string, fallback float64) float64 {
	if value, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		return value
	}
	return fallback
}
