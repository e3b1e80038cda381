/usr/bin/python3 - <<'END'
import json
row = {"name": "n" * 20, "flags": [True, None, 1.5, -7], "nested": {"a": [1, 2, 3]}}
rows = [dict(row, id=i) for i in range(190000)]
open("big.json", "w").write(json.dumps(rows))
END
test $(stat -c %s big.json) -gt 20000000
export PYTHONMALLOC=malloc
/usr/bin/python3 -m json.tool big.json pretty.json
md5sum <pretty.json
