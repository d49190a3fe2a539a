package main

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// store stands in for a database: data in a volume, and one instance only. Its id is born with the data, so a second,
// empty database in place of the first shows at once.
func store(routes *http.ServeMux) {
	folder := env("DATA", "/data")
	if err := os.MkdirAll(filepath.Join(folder, "keys"), 0o700); err != nil {
		log.Fatal(err)
	}
	holdLock(filepath.Join(folder, "lock"))
	id := identity(filepath.Join(folder, "id"))
	started := time.Now()
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		keys, _ := filepath.Glob(filepath.Join(folder, "keys", "*"))
		answer(w, 200, values{"version": version, "id": id, "keys": len(keys), "started": started.UnixMilli()})
	})
	routes.HandleFunc("/keys/", func(w http.ResponseWriter, r *http.Request) {
		file := filepath.Join(folder, "keys", filepath.Base(r.URL.Path))
		if r.Method == "PUT" {
			put(w, r, file)
			return
		}
		http.ServeFile(w, r, file)
	})
}

func put(w http.ResponseWriter, r *http.Request, file string) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = os.WriteFile(file, body, 0o600)
	}
	if err != nil {
		answer(w, 500, values{"error": err.Error()})
		return
	}
	answer(w, 200, values{"bytes": len(body)})
}

// The kernel lets go of this lock when the process dies, however it dies. The file is never closed: it is the lock.
func holdLock(file string) {
	lock, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		log.Fatal("another instance has this data open: refusing to start")
	}
	held = lock
}

// Referenced for as long as the program runs: a collected *os.File would close, and unlock.
var held *os.File

func identity(file string) string {
	if known, err := os.ReadFile(file); err == nil {
		return string(known)
	}
	bytes := make([]byte, 8)
	rand.Read(bytes)
	id := hex.EncodeToString(bytes)
	if err := os.WriteFile(file, []byte(id), 0o600); err != nil {
		log.Fatal(err)
	}
	return id
}
