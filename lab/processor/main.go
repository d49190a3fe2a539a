// Command processor says for which processor it was compiled: `processor write <file>` into a file, and else at port 8000,
// together with what is in /built-on. With DIES in its environment it does not start.
package main

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "write" {
		if err := os.WriteFile(os.Args[2], []byte(runtime.GOARCH), 0o644); err != nil {
			panic(err)
		}
		fmt.Println("wrote", runtime.GOARCH)
		return
	}
	if os.Getenv("DIES") != "" {
		os.Exit(3)
	}
	built, _ := os.ReadFile("/built-on")
	fmt.Printf("runs on %s, built on %s\n", runtime.GOARCH, built)
	panic(http.ListenAndServe(":8000", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, runtime.GOARCH) })))
}
