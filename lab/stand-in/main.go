// Plays the programs of other people's images: a web server, a worker, a database, a job that ends, the program of a health check.
// The image has it under the names that Compose files call (see ../stand-ins.ts).
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What webs of Compose files listen at; all of them, because nobody tells which is meant.
var ports = []string{"80", "2368", "3000", "4000", "5000", "5678", "8000", "8001", "8002", "8003", "8080", "8096", "9000"}

// A command with one of these words has something to do, and ends when it has done it.
var jobs = []string{"migrate", "seed", "mb", "init", "upgrade"}

func main() {
	switch {
	case isCheck():
		os.Exit(check())
	case isJob(os.Args[1:]):
		fmt.Println("done:", strings.Join(os.Args[1:], " "))
	default:
		serve()
	}
}

// What `docker exec` starts, as health checks do, has a parent outside of the container and is not its first process.
func isCheck() bool {
	return filepath.Base(os.Args[0]) != "stand-in" && os.Getpid() != 1 && os.Getppid() == 0
}

func check() int {
	for _, port := range ports {
		if connection, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			connection.Close()
			return 0
		}
	}
	fmt.Println("nothing listens yet")
	return 1
}

func isJob(words []string) bool {
	for _, word := range strings.Fields(strings.Join(words, " ")) {
		for _, job := range jobs {
			if word == job {
				return true
			}
		}
	}
	return false
}

func serve() {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s\n", os.Getenv("STAND_IN"))
	})
	if !inHostNetwork() {
		for _, port := range ports {
			// Beside another container of the same network it may be taken.
			if listener, err := net.Listen("tcp", ":"+port); err == nil {
				go http.Serve(listener, answer)
			}
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	select {
	case <-signals:
	case <-end():
	}
}

// There these ports are other people's.
func inHostNetwork() bool {
	_, err := net.InterfaceByName("docker0")
	return err == nil
}

// Some serve for a while only: they prepare something, and are healthy when it is there.
func end() <-chan time.Time {
	if after, err := time.ParseDuration(os.Getenv("ENDS_AFTER")); err == nil {
		return time.After(after)
	}
	return nil
}
