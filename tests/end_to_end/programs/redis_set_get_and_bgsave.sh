redis-server --port 0 --unixsocket socket --dir $PWD --save '' >log 2>&1 &
server=$!
ask() { redis-cli -s socket "$@"; }
until test "$(ask ping 2>/dev/null)" = PONG; do kill -0 $server; done
redis-benchmark -s socket -t set,get -n 100000 -r 5000 -d 100 -c 20 -q >bench
tr '\r' '\n' <bench | grep -c 'requests per second'
ask debug set-active-expire 0 >/dev/null || true
ask flushall
for i in $(seq 300); do echo "SET key:$i $(seq -s , $((i * 3)))"; done | ask >/dev/null
ask bgsave
until ask info persistence | grep -q rdb_bgsave_in_progress:0; do :; done
ask info persistence | grep rdb_last_bgsave_status
ask debug digest
ask dbsize
ask shutdown nosave
wait $server
/usr/bin/redis-check-rdb dump.rdb | grep -c 'RDB looks OK'
