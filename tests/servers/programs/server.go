// SPDX-License-Identifier: GPL-3.0-or-later

// PORT: answers GET /?waste=BYTES&keep=BYTES: makes garbage, and keeps as much.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
)

var (
	lock  sync.Mutex
	kept  [][]byte
	waste []byte
)

func answer(w http.ResponseWriter, r *http.Request) {
	lock.Lock()
	defer lock.Unlock()
	number, _ := strconv.Atoi(r.URL.Query().Get("waste"))
	for ; number > 0; number -= 1024 {
		waste = make([]byte, 1024)
	}
	number, _ = strconv.Atoi(r.URL.Query().Get("keep"))
	if number > 0 {
		kept = append(kept, make([]byte, number))
		for i := range kept[len(kept)-1] {
			kept[len(kept)-1][i] = 1
		}
	}
	fmt.Fprintln(w, len(kept))
}

func main() {
	http.HandleFunc("/", answer)
	fmt.Println(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
