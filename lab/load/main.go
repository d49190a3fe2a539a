package main
func main() { println("started") }
