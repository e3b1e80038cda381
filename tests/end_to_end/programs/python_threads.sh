cat >work.py <<'END'
import json, random, threading, zlib
out = [0] * 8
def work(i):
    r = random.Random(i)
    kept = {}
    for n in range(40000):
        kept[r.randrange(5000)] = "x" * r.randrange(2000)
        if n % 3 == 0: kept.pop(r.randrange(5000), None)
    text = json.dumps({str(k): v for k, v in kept.items()}).encode()
    out[i] = (len(text), zlib.crc32(zlib.compress(text)))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(out)
END
exec /usr/bin/python3 work.py
